/** How Postern names itself where a protocol asks for a client's name. */
export const CLIENT_NAME = 'postern';

/**
 * User-Agent of every HTTP, RTSP and SIP request (RFC 9110 §10.1.5). Begins as browsers do, since
 * some servers answer other agents with an error page, and says who it is.
 */
export const USER_AGENT = 'Mozilla/5.0 (compatible; Postern/0.1; port scanner)';

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageVersion } from '../packages.ts';
import { defineServer } from '../server.ts';

const PROGRAM = `import sys, gi
gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer
Gst.init(None)
server = GstRtspServer.RTSPServer()
server.set_address(sys.argv[1])
server.set_service(sys.argv[2])
factory = GstRtspServer.RTSPMediaFactory()
factory.set_launch("( videotestsrc ! rtpvrawpay name=pay0 )")
server.get_mount_points().add_factory("/lab", factory)
server.attach(None)
GLib.MainLoop().run()
`;

/** RFC 2326 §10.1. */
const OPTIONS = 'OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n';

/** GStreamer's server, driven as its own examples do; one test picture under /lab. */
export const gstRtsp = defineServer({
  name: 'gst-rtsp',
  needs: {
    linux: true,
    commands: ['/usr/bin/python3'],
    packages: ['gir1.2-gst-rtsp-server-1.0', 'python3-gi', 'gstreamer1.0-plugins-base'],
  },
  product: 'GStreamer RTSP server',
  version: () => packageVersion('gir1.2-gst-rtsp-server-1.0'),
  doors: {
    rtsp: {
      protocol: 'rtsp',
      reveals: 'product',
      hello: { send: OPTIONS, expect: 'RTSP/1.0 200' },
    },
  },
  start: async ({ dir, address, ports }) => {
    await writeFile(join(dir, 'server.py'), PROGRAM);
    return {
      command: '/usr/bin/python3',
      args: [join(dir, 'server.py'), address, String(ports.rtsp)],
      env: { HOME: dir },
    };
  },
});

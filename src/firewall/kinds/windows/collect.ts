/** Names this document, and the version of its shape. */
export const WINDOWS_SCHEMA = 'postern.windows-firewall/1';

/**
 * Windows PowerShell 5.1 (or 7): prints the active firewall policy as one JSON document, and changes
 * nothing. Rules carry no ports or addresses: their filters are fetched once for all rules, by far
 * faster than one by one, and joined by InstanceID (Get-NetFirewallPortFilter and its neighbours,
 * MicrosoftDocs/windows-powershell-docs, NetSecurity). Enumerations go out as their names.
 */
export const COLLECT_WINDOWS = `$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
[Console]::OutputEncoding = New-Object System.Text.UTF8Encoding $false
function Texts($value) { , @(@($value) | Where-Object { $null -ne $_ } | ForEach-Object { "$_" }) }
function Index($filters) {
  $byId = @{}
  foreach ($filter in @($filters)) { $byId[$filter.InstanceID] = $filter }
  $byId
}
$store = 'ActiveStore'
$ports = Index (Get-NetFirewallPortFilter -PolicyStore $store)
$addresses = Index (Get-NetFirewallAddressFilter -PolicyStore $store)
$applications = Index (Get-NetFirewallApplicationFilter -PolicyStore $store)
$services = Index (Get-NetFirewallServiceFilter -PolicyStore $store)
$interfaces = Index (Get-NetFirewallInterfaceFilter -PolicyStore $store)
$types = Index (Get-NetFirewallInterfaceTypeFilter -PolicyStore $store)
$securities = Index (Get-NetFirewallSecurityFilter -PolicyStore $store)
$rules = foreach ($rule in @(Get-NetFirewallRule -PolicyStore $store)) {
  $id = $rule.InstanceID
  $port = $ports[$id]; $address = $addresses[$id]; $application = $applications[$id]
  $service = $services[$id]; $interface = $interfaces[$id]; $type = $types[$id]; $security = $securities[$id]
  [ordered]@{
    Name = "$($rule.Name)"; DisplayName = "$($rule.DisplayName)"; Group = "$($rule.Group)"
    Enabled = "$($rule.Enabled)"; Direction = "$($rule.Direction)"; Action = "$($rule.Action)"
    Profile = "$($rule.Profile)"; PolicyStoreSourceType = "$($rule.PolicyStoreSourceType)"
    EdgeTraversalPolicy = "$($rule.EdgeTraversalPolicy)"; Owner = "$($rule.Owner)"
    Protocol = if ($port) { "$($port.Protocol)" }
    LocalPort = if ($port) { Texts $port.LocalPort }
    RemotePort = if ($port) { Texts $port.RemotePort }
    IcmpType = if ($port) { Texts $port.IcmpType }
    DynamicTarget = if ($port) { "$($port.DynamicTarget)" }
    LocalAddress = if ($address) { Texts $address.LocalAddress }
    RemoteAddress = if ($address) { Texts $address.RemoteAddress }
    Program = if ($application) { "$($application.Program)" }
    Package = if ($application) { "$($application.Package)" }
    Service = if ($service) { "$($service.Service)" }
    InterfaceAlias = if ($interface) { Texts $interface.InterfaceAlias }
    InterfaceType = if ($type) { "$($type.InterfaceType)" }
    Authentication = if ($security) { "$($security.Authentication)" }
    Encryption = if ($security) { "$($security.Encryption)" }
    OverrideBlockRules = if ($security) { "$($security.OverrideBlockRules)" }
    LocalUser = if ($security) { "$($security.LocalUser)" }
    RemoteUser = if ($security) { "$($security.RemoteUser)" }
    RemoteMachine = if ($security) { "$($security.RemoteMachine)" }
  }
}
$profiles = foreach ($profile in @(Get-NetFirewallProfile -PolicyStore $store)) {
  [ordered]@{
    Name = "$($profile.Name)"; Enabled = "$($profile.Enabled)"
    DefaultInboundAction = "$($profile.DefaultInboundAction)"
    AllowInboundRules = "$($profile.AllowInboundRules)"
    AllowLocalFirewallRules = "$($profile.AllowLocalFirewallRules)"
    DisabledInterfaceAliases = Texts $profile.DisabledInterfaceAliases
  }
}
$connections = foreach ($connection in @(Get-NetConnectionProfile -ErrorAction SilentlyContinue)) {
  [ordered]@{ InterfaceAlias = "$($connection.InterfaceAlias)"; NetworkCategory = "$($connection.NetworkCategory)" }
}
$local = foreach ($entry in @(Get-NetIPAddress -ErrorAction SilentlyContinue)) {
  [ordered]@{ InterfaceAlias = "$($entry.InterfaceAlias)"; IPAddress = "$($entry.IPAddress)"; PrefixLength = [int]$entry.PrefixLength }
}
[ordered]@{
  Schema = '${WINDOWS_SCHEMA}'
  Profiles = @($profiles); Connections = @($connections); Addresses = @($local); Rules = @($rules)
} | ConvertTo-Json -Depth 5 -Compress
`;

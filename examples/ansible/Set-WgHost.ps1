<#
.SYNOPSIS
    Brings this host to what a topology says of it, and writes a line that begins with "changed:" for each thing that changes.
.DESCRIPTION
    With -WhatIf the lines are the same, and nothing changes. The private key is where privateKeyFile says.
#>
[CmdletBinding(SupportsShouldProcess)]
param(
    [Parameter(Mandatory)] [string] $Topology,
    [Parameter(Mandatory)] [string] $Name,
    [string] $ConfigDirectory = '/etc/wireguard',
    # For hubs and hosts with networks behind them.
    [switch] $Forward
)

$ErrorActionPreference = 'Stop'
Import-Module WireGuard

$file = Join-Path $ConfigDirectory "$Name.conf"
$config = Import-WgTopology $Topology -Name $Name -ReadPrivateKey
$isNew = -not (Test-Path $file) -or ($config | ConvertTo-WgConfig -IncludeSecret).Trim() -ne (Get-Content -Raw $file).Trim()
if ($isNew) { "changed: $file" }

if (-not (Get-WgTunnel $Name -ErrorAction Ignore)) {
    if ($isNew) { $config | Export-WgConfig $file -Force }
    "changed: tunnel $Name is started"
    if ($PSCmdlet.ShouldProcess($Name, 'Start tunnel')) { Start-WgTunnel $file -Forward:$Forward }
    return
}

# What the running tunnel lacks is found with a file that nobody has put in place yet, so that -WhatIf tells it too.
$folder = [IO.Directory]::CreateTempSubdirectory('wg-')
try {
    $config | Export-WgConfig -Directory $folder.FullName -WhatIf:$false
    Import-WgConfig "$folder/$Name.conf" | ForEach-Object { "changed: $_" }
    if ($isNew) { $config | Export-WgConfig $file -Force }
}
finally { $folder.Delete($true) }

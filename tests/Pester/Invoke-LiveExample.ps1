<#
.SYNOPSIS
    Runs one example of the help on the host that `ip netns exec` has made; called by ExamplesLive.Tests.ps1.
.DESCRIPTION
    The host has wg0 running from /etc/wireguard/wg0.conf, whose peer phone answers, and the same file where it is; site-1 and
    site-2 do not run. What went wrong and what was shown comes back as JSON.
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory)] [string] $Code,
    [Parameter(Mandatory)] [string] $Work,
    [Parameter(Mandatory)] [string] $Engine,
    [Parameter(Mandatory)] [string] $Module
)

$ErrorActionPreference = 'Stop'
$PSStyle.OutputRendering = 'PlainText'
. $PSScriptRoot/Examples.ps1
Add-Type -Path $Work/AskingHost.dll

# These mounts are ours alone: the machine's own tunnels and services are not seen, and not touched.
foreach ($folder in '/run/wireguard', '/run/systemd', '/etc/wireguard', '/etc/systemd') {
    mount -t tmpfs -o mode=700 tmpfs $folder
    if ($LASTEXITCODE) { throw "No mount of our own at $folder." }
}
$env:WIREGUARD_ENGINE = $Engine
$env:WIREGUARD_ENGINE_RUNTIME_DIR = "$Work/run"
$env:WIREGUARD_CONFIG_DIR = $env:WIREGUARD_ENGINE_STATE_DIR = $null
Import-Module $Module

$here = (New-Item -ItemType Directory "$Work/here").FullName
$text = Get-Content -Raw "$Work/wg0.conf"

function Write-Private([string] $Path, [string] $Text) {
    $null = New-Item $Path
    chmod 600 $Path
    Set-Content $Path $Text
}

Write-Private '/etc/wireguard/wg0.conf' $text
foreach ($number in 1, 2) {
    $site = $text -replace '(?m)^ListenPort.*', "ListenPort = 5182$number" -replace '10\.(0|9)\.0\.', "10.${number}0`$1.0."
    Write-Private "/etc/wireguard/site-$number.conf" $site
}
Write-Private "$here/wg0.conf" ($text -replace 'MTU = 1420', 'MTU = 1400')
Write-Private "$here/new-peers.conf" "[Interface]`n[Peer]`nPublicKey = $((New-WgKey).PublicKey)`nAllowedIPs = 10.20.0.0/16"
if ($Code -match 'Severity -eq Error') { Write-Private '/etc/wireguard/bad.conf' "[Interface]`nListenPrt = 1" }
if ($Code -match 'Import-WgTopology') {
    $key = New-WgKey
    Write-Private '/etc/wireguard/berlin.key' ($key.PrivateKey | ConvertFrom-SecureString -AsPlainText)
    (Get-Content -Raw $PSScriptRoot/../../examples/site.yaml) -replace '(?s)(berlin:.*?publicKey: )\S+', "`${1}$($key.PublicKey)" | Set-Content "$here/site.yaml"
}
if ($Code -match 'Unregister-WgService') {
    $wanted = '/etc/systemd/system/multi-user.target.wants'
    $null = New-Item -ItemType Directory $wanted
    $null = New-Item -ItemType SymbolicLink "$wanted/wireguard-engine@wg0.service" -Value /etc/systemd/system/wireguard-engine@.service
}

try {
    if ($Code -notmatch 'Start-WgTunnel') {
        Start-WgTunnel wg0
        if ($Code -match 'Sync-WgConfig') { (Get-Content -Raw /etc/wireguard/wg0.conf) -replace 'MTU = 1420', 'MTU = 1400' | Set-Content /etc/wireguard/wg0.conf }
        if ($Code -match 'Save-WgTunnel -WhatIf') { Set-WgTunnel wg0 -Mtu 1380 | Out-Null }
    }
    $result = Invoke-Example $Code $Module $here ''
}
finally { Get-WgTunnel | Stop-WgTunnel }
$result | ConvertTo-Json -Compress

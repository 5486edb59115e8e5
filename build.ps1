#!/usr/bin/env pwsh
<#
.SYNOPSIS
    Builds, tests, shows and packs WireGuard for PowerShell.
.DESCRIPTION
    The same tasks as build.sh, which also installs missing system packages; both hand over to eng/build.proj.
.EXAMPLE
    ./build.ps1 -Task Test
#>
[CmdletBinding()]
param(
    [ValidateSet('Build', 'Test', 'Demo', 'Bench', 'Tour', 'Package', 'Clean')]
    [string] $Task = 'Build'
)

$ErrorActionPreference = 'Stop'
Set-Location -LiteralPath $PSScriptRoot

if (-not $IsWindows) {
    & "$PSScriptRoot/build.sh" $Task.ToLowerInvariant()
    exit $LASTEXITCODE
}

$env:DOTNET_CLI_TELEMETRY_OPTOUT = '1'
$env:DOTNET_NOLOGO = '1'
$target = if ($Task -eq 'Demo') { 'Engine' } else { $Task }
dotnet msbuild eng/build.proj -nologo -tl:off -v:minimal -nodeReuse:false "-t:$target"
if ($LASTEXITCODE -ne 0) { exit $LASTEXITCODE }
switch ($Task) {
    'Test' { dotnet out/eng/TestSummary.dll out/test-results }
    'Demo' { & out/engine/wireguard-engine.exe demo }
    'Bench' { dotnet run --project tests/Bench -c Release --no-build -- --engine out/engine/wireguard-engine.exe --module out/WireGuard --document docs/benchmarks.md }
}
exit $LASTEXITCODE

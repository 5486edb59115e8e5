# Dot-sourced by every test file: the built module, the fake engine, and a run's own folders.

$ErrorActionPreference = 'Stop'

function Get-TestModulePath {
    if ($env:WIREGUARD_MODULE) { return $env:WIREGUARD_MODULE }
    Join-Path $PSScriptRoot '../../out/WireGuard' | Resolve-Path | ForEach-Object Path
}

function Get-FakeEnginePath {
    $project = Join-Path $PSScriptRoot 'FakeEngine'
    $find = { Get-ChildItem "$project/bin/*/net*/fake-engine" -ErrorAction Ignore | Sort-Object LastWriteTime | Select-Object -Last 1 }
    $path = & $find
    if (-not $path) {
        $null = dotnet build $project -v quiet
        $path = & $find
    }
    $path.FullName
}

# An engine and a socket folder for one test file; nothing of the machine's own is touched.
function Enter-FakeEngine {
    $script:SavedEnvironment = $env:WIREGUARD_ENGINE, $env:WIREGUARD_ENGINE_RUNTIME_DIR, $env:WIREGUARD_CONFIG_DIR
    $script:Work = Join-Path ([IO.Path]::GetTempPath()) "wgp-$PID-$([guid]::NewGuid().ToString('n').Substring(0, 6))"
    $null = New-Item -ItemType Directory $Work/run, $Work/etc
    $env:WIREGUARD_ENGINE = Get-FakeEnginePath
    $env:WIREGUARD_ENGINE_RUNTIME_DIR = "$Work/run"
    $env:WIREGUARD_CONFIG_DIR = "$Work/etc"
    $env:WIREGUARD_FAKE_BEHAVIOR = $env:WIREGUARD_FAKE_START = $null
}

function Exit-FakeEngine {
    foreach ($id in $script:FakeProcesses) { Stop-Process -Id $id -Force -ErrorAction Ignore }
    $script:FakeProcesses = @()
    Remove-Item -Recurse -Force $Work -ErrorAction Ignore
    $env:WIREGUARD_ENGINE, $env:WIREGUARD_ENGINE_RUNTIME_DIR, $env:WIREGUARD_CONFIG_DIR = $SavedEnvironment
    $env:WIREGUARD_FAKE_BEHAVIOR = $env:WIREGUARD_FAKE_START = $null
}

$script:FakeProcesses = @()

# The first peer has just shaken hands, the second ten minutes ago, the third never.
$script:PeerKeys = @(
    'xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg='
    'TrMvSoP4jYQlY6RIzBgbssQqY3vxI2Pi+y71lOWWXX0='
    'gN65BkIKy1eCE9pP1wdc8ROUtkHLF2PfAqYdyYBz6EA='
)

function New-TestConfig([string] $Name, [string] $More = '', [string] $Folder = "$Work/etc") {
    $path = "$Folder/$Name.conf"
    $text = "[Interface]`nPrivateKey = $(New-WgKey -AsPlainText)`nListenPort = 51820`n$More`n"
    $number = 1
    foreach ($key in $PeerKeys) { $text += "[Peer]`nPublicKey = $key`nAllowedIPs = 10.0.0.$((++$number))/32`n" }
    Set-Content $path $text
    chmod 600 $path
    $path
}

# A running fake tunnel; its process is remembered and ended with the file, should a test not stop it.
function Start-FakeTunnel([string] $Name, [string] $Behavior = 'Normal') {
    $config = New-TestConfig $Name
    $env:WIREGUARD_FAKE_BEHAVIOR = $Behavior
    try {
        $report = & $env:WIREGUARD_ENGINE up $config --report json --timeout 10 | ConvertFrom-Json
    }
    finally { $env:WIREGUARD_FAKE_BEHAVIOR = $null }
    $report.ready | Should -BeTrue
    $script:FakeProcesses += $report.processId
}

# A zombie has ended: in a container there may be nobody to wait for it.
function Test-ProcessRuns([int] $Id) {
    $state = Get-Content "/proc/$Id/status" -ErrorAction Ignore | Select-String '^State:\s+(\S)'
    [bool]$state -and $state.Matches[0].Groups[1].Value -notin 'Z', 'X'
}

function Get-ErrorId([scriptblock] $Script) {
    $ErrorActionPreference = 'Continue'
    $found = $null
    try { $null = & $Script 2>&1 | ForEach-Object { if ($_ -is [Management.Automation.ErrorRecord]) { $found = $_ } } }
    catch { $found = $_ }
    $found.FullyQualifiedErrorId
}

# A running enrollment server that is made up; who comes when a window is opened, see FakeEnrollment.
function Start-FakeServer([string] $Script = '', [string] $Name = 'wgp0') {
    $env:WIREGUARD_FAKE_ENROLL = $Script
    Start-WgEnrollmentServer $Name 10.150.0.0/24
    $script:FakeProcesses += (Get-WgStatus $Name).ProcessId
}

# Another pwsh, as a person's or a script's: what it writes to its host can be read.
function Invoke-Pwsh([string] $Script) {
    & (Get-Process -Id $PID).Path -NoProfile -NonInteractive -Command "`$ErrorActionPreference = 'Stop'; Import-Module '$(Get-TestModulePath)'; $Script" 2>&1 | Out-String
}

# A pipeline on another thread of this process, so that it can be stopped as Ctrl-C does.
function Start-Pipeline([string] $Script) {
    $shell = [powershell]::Create().AddScript("Import-Module '$(Get-TestModulePath)'; $Script")
    [pscustomobject]@{ Shell = $shell; Result = $shell.BeginInvoke() }
}

function Wait-For([scriptblock] $Condition, [int] $Seconds = 30) {
    $end = [datetime]::UtcNow.AddSeconds($Seconds)
    while (-not (& $Condition)) {
        if ([datetime]::UtcNow -gt $end) { throw "Not within $Seconds s: $Condition" }
        Start-Sleep -Milliseconds 50
    }
}

Import-Module (Get-TestModulePath) -Force

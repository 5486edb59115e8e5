<#
.SYNOPSIS
    Writes docs/tour.md: runs the commands of the template on a host made of a network namespace, and puts their output below them.
.DESCRIPTION
    Needs root, ip(8) and the built engine and module. Ends with an error when a command fails that should not.
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory)] [string] $Engine,
    [Parameter(Mandatory)] [string] $Module,
    [Parameter(Mandatory)] [string] $Destination
)

$ErrorActionPreference = 'Stop'
$engine = (Resolve-Path $Engine).Path
$module = (Resolve-Path $Module).Path
$work = Join-Path ([IO.Path]::GetTempPath()) "wgtour-$PID"
$here, $there = "wgtour-$PID-here", "wgtour-$PID-there"

function Invoke-Ip {
    ip @args
    if ($LASTEXITCODE) { throw "ip $args failed with $LASTEXITCODE" }
}

try {
    $null = New-Item -ItemType Directory $work, $work/home, $work/run, $work/other
    chmod 700 $work $work/home $work/run $work/other
    Invoke-Ip netns add $here
    Invoke-Ip netns add $there
    Invoke-Ip link add eth0 netns $here type veth peer name eth0 netns $there
    foreach ($end in @{ Name = $here; Address = '203.0.113.1/24' }, @{ Name = $there; Address = '203.0.113.2/24' }) {
        Invoke-Ip -n $end.Name link set lo up
        Invoke-Ip -n $end.Name address add $end.Address dev eth0
        Invoke-Ip -n $end.Name link set eth0 up
    }

    $pwsh = (Get-Process -Id $PID).Path
    ip netns exec $here $pwsh -NoProfile -NonInteractive -File $PSScriptRoot/Invoke-Template.ps1 -Template $PSScriptRoot/tour.template.md `
        -Destination $work/tour.md -Work $work -Engine $engine -Module $module -OtherHost $there | Out-Null
    if ($LASTEXITCODE) { throw "The tour ended with $LASTEXITCODE." }
    Copy-Item $work/tour.md $Destination
}
finally {
    foreach ($namespace in $here, $there) {
        foreach ($id in ip netns pids $namespace 2>$null) { Stop-Process -Id $id -Force -ErrorAction Ignore }
        ip netns delete $namespace 2>&1 | Out-Null
    }
    Remove-Item -Recurse -Force $work -ErrorAction Ignore
}

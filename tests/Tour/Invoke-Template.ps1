<#
.SYNOPSIS
    Runs the commands of a template inside the tour's host; called by Write-Tour.ps1.
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory)] [string] $Template,
    [Parameter(Mandatory)] [string] $Destination,
    [Parameter(Mandatory)] [string] $Work,
    [Parameter(Mandatory)] [string] $Engine,
    [Parameter(Mandatory)] [string] $Module,
    [Parameter(Mandatory)] [string] $OtherHost
)

$ErrorActionPreference = 'Stop'
$PSStyle.OutputRendering = 'PlainText'
$width = 100

# `ip netns exec` has given us mounts of our own: what the machine's tunnels are called is in nobody's way.
$null = New-Item -ItemType Directory -Force /run/wireguard
mount -t tmpfs -o mode=700 tmpfs /run/wireguard
if ($LASTEXITCODE) { throw 'No mounts of our own.' }
$env:WIREGUARD_ENGINE = $Engine
$env:WIREGUARD_ENGINE_RUNTIME_DIR = "$Work/run"
$env:WIREGUARD_CONFIG_DIR = "$Work/home"
$env:PSModulePath = "$(Split-Path $Module)$([IO.Path]::PathSeparator)$env:PSModulePath"
Set-Location $Work/home
Import-Module $Module

# The host at the other end, as its own administrator would run it.
function Invoke-OtherHost([string[]] $Arguments) {
    ip netns exec $OtherHost env "WIREGUARD_ENGINE_RUNTIME_DIR=$Work/other" @Arguments | Out-Null
    if ($LASTEXITCODE) { throw "On the other host '$Arguments' ended with $LASTEXITCODE." }
}

# The statements of a block, each with its comments.
function Split-Block([string] $Text) {
    $errors = $null
    $ast = [Management.Automation.Language.Parser]::ParseInput($Text, [ref] $null, [ref] $errors)
    if ($errors) { throw "$($errors[0].Message): $Text" }
    $ends = @($ast.EndBlock.Statements.Extent.EndOffset)
    $start = 0
    foreach ($end in $ends) {
        $line = $Text.IndexOf("`n", $end)
        if ($line -lt 0) { $line = $Text.Length }
        $Text[$start..($line - 1)] -join '' | ForEach-Object Trim
        $start = $line
    }
}

function Invoke-Shown([string] $Command, [bool] $Fails) {
    $lines = $Command -split "`n"
    "PS> $($lines[0])"
    $lines | Select-Object -Skip 1 | ForEach-Object { ">> $_" }
    $failed = $false
    # What -WhatIf says goes to the host and into no stream.
    $null = Start-Transcript -UseMinimalHeader -Force $Work/transcript
    $output = try {
        # In the tour's own scope: later commands use what earlier ones have made.
        . ([scriptblock]::Create($Command)) 2>&1 3>&1 | ForEach-Object {
            if ($_ -is [Management.Automation.ErrorRecord]) { $failed = $true }
            $_
        } | Out-String -Width $width
    }
    catch {
        $failed = $true
        $_ | Out-String -Width $width
    }
    finally { $null = Stop-Transcript }
    $said = Get-Content $Work/transcript | Where-Object { $_ -like 'What if: *' }
    $output = (@($said) + $output) -join "`n"
    $text = ($output -replace [regex]::Escape("$Work/home"), '/root').Trim("`n", "`r")
    $text = ($text -split "`n" | ForEach-Object TrimEnd) -join "`n"
    if ($failed -ne $Fails) { throw "'$Command' $(if ($failed) { 'failed' } else { 'did not fail' }): $text" }
    if ($text) { $text; '' }
}

$result = [Text.StringBuilder]::new()
$pattern = '(?s)```powershell( fails)?\n(?<block>.*?)\n```|<!-- run: (?<hidden>.*?) -->\n?'
$content = Get-Content -Raw $Template
$at = 0
foreach ($match in [regex]::Matches($content, $pattern)) {
    $null = $result.Append($content.Substring($at, $match.Index - $at))
    $at = $match.Index + $match.Length
    if ($match.Groups['hidden'].Success) {
        . ([scriptblock]::Create($match.Groups['hidden'].Value)) | Out-Null
        continue
    }
    $shown = foreach ($command in Split-Block $match.Groups['block'].Value) { . Invoke-Shown $command $match.Groups[1].Success }
    $null = $result.Append("``````console`n$(($shown -join "`n").TrimEnd())`n``````")
}
$null = $result.Append($content.Substring($at))
[IO.File]::WriteAllText($Destination, $result.ToString())

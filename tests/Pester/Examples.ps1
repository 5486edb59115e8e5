# Dot-sourced: the examples of the help, where each is run, and how.

# These change the machine itself, and nothing can be put in its place that would still show something. They are bound, not run.
$NotRun = @{
    'Register-WgService 1' = 'has the machine''s systemd start a service'
}

# What is in an example that the fake engine does not do, or does not have: they are run by real engines in network namespaces.
$Real = '/etc/', '\bping\b', '-WgService', 'Sync-WgConfig', 'Save-WgTunnel', 'Set-WgTunnel', 'Import-WgConfig', 'Update-WgKey', 'Measure-WgTunnel' -join '|'

function Get-HelpExample {
    foreach ($name in (Import-PowerShellDataFile (Join-Path (Get-TestModulePath) 'WireGuard.psd1')).CmdletsToExport) {
        $number = 0
        foreach ($example in (Get-Help $name -Examples).examples.example) {
            $number++
            $code = "$($example.code)"
            $id = "$name $number"
            @{
                Id = $id
                Code = $code
                # What its text promises to show has to be seen.
                Shows = "$($example.remarks.Text)" -cmatch '^(Shows|Emits|Gives the|Lists|Names)\b'
                Where = if ($NotRun[$id]) { 'Nowhere' } elseif ($code -match $Real) { 'Real' } else { 'Fake' }
            }
        }
    }
}

# Runs code in a runspace of its own, before a host whose person gives one answer to all questions.
# Waits in vain are part of some examples, but not of the tests' patience.
function Invoke-Example([string] $Code, [string] $Module, [string] $Location, [string] $Answer, [scriptblock] $Meanwhile, [scriptblock] $Until) {
    $asking = [AskingHost]::new($Answer)
    $runspace = [runspacefactory]::CreateRunspace($asking)
    $runspace.Open()
    $shell = [powershell]::Create($runspace)
    try {
        $null = $shell.AddScript("Import-Module '$Module'; Set-Location '$Location'").Invoke()
        $shell.Commands.Clear()
        $output = [Management.Automation.PSDataCollection[psobject]]::new()
        $running = $shell.AddScript(($Code -replace '-Timeout \d+', '-Timeout 1')).BeginInvoke([Management.Automation.PSDataCollection[psobject]]::new(), $output)
        $end = [datetime]::UtcNow.AddSeconds(60)
        $stopped = $false
        while (-not $running.AsyncWaitHandle.WaitOne(50) -and -not $stopped) {
            if ($Meanwhile) { & $Meanwhile }
            # As Ctrl-C does.
            $stopped = $Until -and (& $Until $output)
            if ([datetime]::UtcNow -gt $end) { throw "It does not end: $Code" }
        }
        if ($stopped) { $shell.Stop() } else { $null = $shell.EndInvoke($running) }
        @{
            Problems = @($shell.Streams.Error | Where-Object FullyQualifiedErrorId -NotLike 'HandshakeTimeout,*' | ForEach-Object { "$($_.FullyQualifiedErrorId): $_" })
            Shown = "$($output | Out-String)$($asking.Shown)".Trim()
        }
    }
    finally {
        $shell.Dispose()
        $runspace.Dispose()
    }
}

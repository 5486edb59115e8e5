# Every example of the help that needs neither network nor root is run with a fake engine, as a newcomer would.

BeforeDiscovery {
    . $PSScriptRoot/Common.ps1

    # What an example has that is not here: the host's files and programs, a network, somebody to ask, what the fake engine does not do.
    $Outside = '/etc/', 'Read-Host', 'Get-Secret', '-Confirm\b(?!:)', '\bping\b', '\bip\b', '-WgService', 'WgEnrollment', 'WgInvite', 'Revoke-WgPeer', 'Join-WgNetwork', 'site\.yaml', 'Import-WgTopology',
        'Sync-WgConfig', 'Save-WgTunnel', 'Set-WgTunnel', 'Import-WgConfig', 'Update-WgKey', 'Measure-WgTunnel', '-NetNs', '\bdsc\b' -join '|'

    # These go on until somebody ends them.
    $Endless = '^Watch-WgEvent$', '^Watch-WgEvent -Kind [^|]*\| ForEach' -join '|'
    $Examples = foreach ($name in (Import-PowerShellDataFile (Join-Path (Get-TestModulePath) 'WireGuard.psd1')).CmdletsToExport) {
        $number = 0
        foreach ($example in (Get-Help $name -Examples).examples.example) {
            $number++
            $code = "$($example.code)"
            if ($code -notmatch $Outside -and $code -notmatch $Endless) { @{ Name = $name; Number = $number; Code = $code } }
        }
    }
}

BeforeAll {
    . $PSScriptRoot/Common.ps1
    Enter-FakeEngine
    $Folder = (New-Item -ItemType Directory "$Work/here").FullName
    $Runspace = [runspacefactory]::CreateRunspace()
    $Runspace.Open()

    # Waits in vain are part of some examples, but not of the tests' patience.
    function Invoke-There([string] $Code) {
        $shell = [powershell]::Create()
        $shell.Runspace = $Runspace
        try {
            $running = $shell.AddScript(($Code -replace '-Timeout \d+', '-Timeout 1')).BeginInvoke()
            if (-not $running.AsyncWaitHandle.WaitOne(60000)) {
                $shell.Stop()
                throw "It does not end: $Code"
            }
            $null = $shell.EndInvoke($running)
            $shell.Streams.Error | Where-Object FullyQualifiedErrorId -NotLike 'HandshakeTimeout,*'
        }
        finally { $shell.Dispose() }
    }

    function New-NamedConfig([string] $Name) {
        $names = [Collections.Queue]@('laptop', 'phone', 'server')
        $path = New-TestConfig $Name 'Address = 10.0.0.1/24'
        Set-Content $path ([regex]::Replace((Get-Content -Raw $path), '(?m)^\[Peer\]', { "# Name = $($names.Dequeue())`n[Peer]" }))
        $path
    }

    # wg0 and wg1 run, unless the example starts them; files are there, unless the example makes them; what it adds is not there yet.
    function Set-Scene([string] $Code) {
        Remove-Item "$Folder/*" -Recurse -Force
        foreach ($name in 'wg0', 'wg1', 'office', 'phone') { Copy-Item (New-NamedConfig $name) $Folder }
        Set-Content "$Folder/peers.csv" "PublicKey,PeerName,AllowedIPs`n$((New-WgKey).PublicKey),csv,10.0.9.1/32"
        if ($Code -match 'New-Item ./wg0.conf|Export-WgConfig ./wg0.conf(?! -Force)') { Remove-Item "$Folder/wg0.conf" }
        $starts = $Code -match '(?<!Re)Start-WgTunnel' -and $Code -notmatch 'Stop-WgTunnel'
        foreach ($name in 'wg0', 'wg1') {
            $runs = [bool](Get-WgTunnel $name*)
            if ($runs -and $starts) { Stop-WgTunnel $name }
            elseif (-not $runs -and -not $starts) { Start-WgTunnel "$Work/etc/$name.conf" }
        }
        if ($starts) { return }
        if ((Get-WgPeer wg0).Count -ne 3) { $null = Get-WgTunnel wg0 | Restart-WgTunnel }
        if ($Code -match 'Add-WgPeer.* wg1') { Get-WgPeer wg1 | Remove-WgPeer }
        elseif ($Code -match 'Add-WgPeer') { Get-WgPeer wg0 | Remove-WgPeer }
    }

    Invoke-There "`$ConfirmPreference = 'None'; Import-Module '$(Get-TestModulePath)'; Set-Location '$Folder'"
}

AfterAll {
    Get-WgTunnel | Stop-WgTunnel
    $Runspace.Dispose()
    Exit-FakeEngine
}

Describe 'Examples of the help' {
    It 'are run for the most part' -ForEach @{ Count = $Examples.Count } { $Count | Should -BeGreaterThan 50 }

    It '<Name> <Number>: <Code>' -ForEach $Examples {
        Set-Scene $Code
        Invoke-There $Code | Should -BeNullOrEmpty
    }
}

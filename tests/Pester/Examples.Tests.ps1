# Every example of the help that does with a fake engine is run with it, as a newcomer would; the others are in
# ExamplesLive.Tests.ps1.

BeforeDiscovery {
    . $PSScriptRoot/Common.ps1
    . $PSScriptRoot/Examples.ps1
    $All = @(Get-HelpExample)
    $Examples = $All | Where-Object Where -EQ Fake
    $Listed = @($All | Where-Object Where -EQ Nowhere)
}

BeforeAll {
    . $PSScriptRoot/Common.ps1
    . $PSScriptRoot/Examples.ps1
    Enter-FakeEngine
    Add-Type -Path $PSScriptRoot/AskingHost.cs
    $PSStyle.OutputRendering = 'PlainText'
    $Folder = (New-Item -ItemType Directory "$Work/here").FullName
    $LinkText = 'wg-enroll://vpn.example:51820/AQUMExohKC82PURLUllgZ25_RuD5vJrllXRZ0pq2aEyAAcgIawAAAAD5QpqH'
    $Roamer, $InTable = (New-WgKey).PublicKey, (New-WgKey).PublicKey

    function New-NamedConfig([string] $Name) {
        $names = [Collections.Queue]@('laptop', 'phone', 'server')
        $path = New-TestConfig $Name 'Address = 10.0.0.1/24'
        Set-Content $path ([regex]::Replace((Get-Content -Raw $path), '(?m)^\[Peer\]', { "# Name = $($names.Dequeue())`n[Peer]" }))
        $path
    }

    function Set-Folder([string] $Code) {
        Remove-Item "$Folder/*" -Recurse -Force
        foreach ($name in 'wg0', 'wg1', 'office', 'phone') { Copy-Item (New-NamedConfig $name) $Folder }
        Set-Content "$Folder/peers.csv" "PublicKey,PeerName,AllowedIPs`n$InTable,csv,10.0.9.1/32"
        Set-Content "$Folder/people.csv" "PeerName`nlaptop`nphone"
        Copy-Item $PSScriptRoot/../../examples/site.yaml $Folder
        Get-Content "$Folder/site.yaml" | Where-Object { $_ -notmatch 'publicKey|privateKeyFile' } | Set-Content "$Folder/lab.yaml"
        if ($Code -match 'New-Item ./wg0.conf|Export-WgConfig ./wg0.conf(?! -Force)') { Remove-Item "$Folder/wg0.conf" }
    }

    # wg0 and wg1 run, unless the example starts them; files are there, unless the example makes them; what it adds is not there yet.
    function Set-TunnelScene([string] $Code) {
        $starts = $Code -match '(?<!Re)Start-WgTunnel' -and $Code -notmatch 'Stop-WgTunnel'
        foreach ($name in 'wg0', 'wg1') {
            $runs = [bool](Get-WgTunnel $name*)
            if ($runs -and $starts) { Stop-WgTunnel $name }
            elseif (-not $runs -and -not $starts) { Start-WgTunnel "$Work/etc/$name.conf" }
        }
        if ($starts) { return }
        if ($Code -match 'site-\*') { Start-WgTunnel (New-NamedConfig site-a) }
        if ((Get-WgPeer wg0).Count -ne 3 -or (Get-WgTunnel wg0).State -ne 'Up') { $null = Get-WgTunnel wg0 | Restart-WgTunnel }
        if ($Code -match 'Test-WgTunnel') {
            Stop-WgTunnel wg0
            Start-FakeTunnel wg0 Starting
        }
        if ($Code -match 'Add-WgPeer.* wg1') { Get-WgPeer wg1 | Remove-WgPeer }
        elseif ($Code -match 'Add-WgPeer') { Get-WgPeer wg0 | Remove-WgPeer }
    }

    # wg0 is joined by others: laptop waits, or has joined, or comes meanwhile; printer has come by an invitation.
    function Set-EnrollmentScene([string] $Code) {
        if ($Code -match 'Start-WgEnrollmentServer|Join-WgNetwork') { return }
        $who = if ($Code -match 'Waiting|Approve-|Deny-|-Approve') { 'wait laptop 1' } else { 'join laptop 1, use printer 2' }
        Start-FakeServer $who wg0
        if ($Code -match 'WgInvite') { $null = New-WgInvite wg0 laptop 6>$null }
        if ($Code -match '(Get|Remove)-WgReservation') { 'printer 10.150.0.7', 'scanner 10.150.0.8' | ForEach-Object { Add-WgReservation wg0 ($_ -split ' ')[0] ($_ -split ' ')[1] } }
        if ($Code -match 'Open-WgEnrollment|New-WgInvite') { return }
        $null = Open-WgEnrollment wg0 -NoWait -Force
        Wait-For { $status = Get-WgEnrollment wg0; $status.Waiting.Count -eq 1 -or $status.Peers.Count -eq 2 }
    }

    function Test-IsEnrollment([string] $Code) { $Code -match 'WgEnrollment|WgInvite|WgReservation|Revoke-WgPeer|Join-WgNetwork' }

    function Get-Answer([string] $Code) {
        if ($Code -match 'Join-WgNetwork -Link') { $LinkText }
        elseif ($Code -match 'Join-WgNetwork') { '493027' }
        else { New-WgKey -AsPlainText }
    }

    # What others do while an example waits for it, again and again.
    function Get-Meanwhile([string] $Code) {
        if ($Code -match '^Watch-WgEvent') {
            {
                Add-WgPeer wg0 $Roamer -PeerName roamer
                Set-WgPeer wg0 $Roamer -PersistentKeepalive 25
                Set-WgPeer wg0 $Roamer -Endpoint 192.0.2.77:7
                Remove-WgPeer wg0 $Roamer
            }
        }
        elseif ($Code -match 'Open-WgEnrollment') {
            {
                (Get-WgEnrollment wg0).Waiting | Approve-WgEnrollment -ErrorAction Ignore
                if ((Get-WgEnrollment wg0).Peers.Count -eq 2) { Close-WgEnrollment wg0 }
            }
        }
    }

    # These go on until somebody ends them.
    function Get-End([string] $Code) {
        if ($Code -eq 'Watch-WgEvent') { { $args[0].Count -gt 0 } }
        elseif ($Code -match '^Watch-WgEvent .*wg-events\.json') { { Test-Path "$Folder/wg-events.json" } }
    }
}

AfterAll {
    $env:WIREGUARD_FAKE_ENROLL = $null
    Get-WgTunnel | Stop-WgTunnel
    Exit-FakeEngine
}

Describe 'Examples of the help' {
    It 'are run, all but <Listed>' -ForEach @{ All = $All.Count; Here = $Examples.Count; Listed = $Listed.Count } {
        $Here | Should -BeGreaterThan 80
        $Listed | Should -BeLessThan 8
        $NotRun.Keys | Should -HaveCount $Listed -Because 'what is listed has to be there'
    }

    It '<Id>: <Code>' -ForEach $Examples {
        Set-Folder $Code
        if (Test-IsEnrollment $Code) {
            Get-WgTunnel | Stop-WgTunnel
            Set-EnrollmentScene $Code
        }
        else { Set-TunnelScene $Code }
        try {
            $result = Invoke-Example $Code (Get-TestModulePath) $Folder (Get-Answer $Code) (Get-Meanwhile $Code) (Get-End $Code)
            $result.Problems | Should -BeNullOrEmpty
            if ($Shows) { $result.Shown | Should -Not -BeNullOrEmpty -Because 'it says that it shows something' }
        }
        finally { if ((Test-IsEnrollment $Code) -or $Code -match 'site-') { Get-WgTunnel | Stop-WgTunnel } }
    }

    It '<Id> is bound: <Code>' -ForEach $Listed {
        $ast = [Management.Automation.Language.Parser]::ParseInput($Code, [ref] $null, [ref] $null)
        foreach ($command in $ast.FindAll({ $args[0] -is [Management.Automation.Language.CommandAst] }, $true)) {
            $bound = [Management.Automation.Language.StaticParameterBinder]::BindCommand($command, $true)
            $bound.BindingExceptions.Values | ForEach-Object { "$($_.BindingException.Message)" } | Should -BeNullOrEmpty
            $bound.BoundParameters.Count | Should -BeGreaterThan 0
        }
    }
}

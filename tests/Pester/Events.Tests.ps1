# What happens to tunnels and peers, as it happens: the fake engine shakes hands when a keepalive is set.

BeforeAll {
    . $PSScriptRoot/Common.ps1
    Enter-FakeEngine

    # A shell beside this one that does something a little later, again and again until the test has ended.
    function Start-Later([scriptblock] $Script, [object[]] $Arguments) {
        $shell = [powershell]::Create()
        $null = $shell.AddScript("Import-Module '$(Get-TestModulePath)'; while (`$true) { & { $Script } @args; Start-Sleep -Milliseconds 200 }")
        foreach ($argument in $Arguments) { $null = $shell.AddArgument($argument) }
        $null = $shell.BeginInvoke()
        $shell
    }

    function Stop-Later([powershell] $Shell) {
        $Shell.Stop()
        $Shell.Dispose()
    }
}

AfterAll {
    Get-WgTunnel wgp* | Stop-WgTunnel
    Exit-FakeEngine
}

Describe 'Watch-WgEvent' {
    BeforeAll { Start-WgTunnel (New-TestConfig wgp0), (New-TestConfig wgp1) }
    AfterAll { Get-WgTunnel | Stop-WgTunnel }

    It 'streams what happens in order, and ends when enough was seen' {
        $key = (New-WgKey).PublicKey
        $shell = Start-Later {
            param($key)
            Add-WgPeer wgp0 $key -PeerName roamer
            Set-WgPeer wgp0 $key -PersistentKeepalive 25
            Set-WgPeer wgp0 $key -Endpoint 192.0.2.77:7
            Remove-WgPeer wgp0 $key
        } $key
        try { $seen = Watch-WgEvent wgp0 -Timeout 60 | Select-Object -First 10 }
        finally { Stop-Later $shell }
        $seen | Should -BeOfType WireGuard.WgEvent
        $first = [array]::IndexOf([string[]]$seen.Kind, 'PeerAdded')
        $events = $seen[$first..($first + 4)]
        $events.Kind | Should -Be 'PeerAdded', 'Handshake', 'PeerOnline', 'EndpointMoved', 'PeerRemoved'
        $events.PublicKey | Select-Object -Unique | Should -Be $key
        $events[3].Detail, $events[3].PeerName, $events[3].Tunnel | Should -Be '192.0.2.77:7', 'roamer', 'wgp0'
        "$($events[3])" | Should -Be 'roamer: EndpointMoved 192.0.2.77:7'
        $events | Out-String -Width 100 | Should -Match 'wgp0\s+EndpointMoved\s+roamer\s+192\.0\.2\.77:7'
        ($events | ConvertTo-Json | ConvertFrom-Json)[2].Kind | Should -Be 'PeerOnline'
    }

    It 'watches several tunnels, of the kinds that are asked for' {
        $shell = Start-Later { param($key) foreach ($t in 'wgp0', 'wgp1') { Add-WgPeer $t $key; Remove-WgPeer $t $key } } (New-WgKey).PublicKey
        try { $events = Get-WgTunnel | Watch-WgEvent -Kind PeerRemoved -Timeout 60 | Select-Object -First 4 }
        finally { Stop-Later $shell }
        $events.Kind | Select-Object -Unique | Should -Be 'PeerRemoved'
        $events.Tunnel | Sort-Object -Unique | Should -Be 'wgp0', 'wgp1'
    }

    It 'is silent about nothing, ends with its time, and knows what is not there' {
        Watch-WgEvent wgp0 -Timeout 0.3 | Should -BeNullOrEmpty
        Watch-WgEvent nothing* | Should -BeNullOrEmpty
        Get-ErrorId { Watch-WgEvent wgp7 -Timeout 5 } | Should -BeLike 'TunnelNotFound,*'
    }

    It 'ends with the tunnel, and says so last' {
        Start-WgTunnel (New-TestConfig wgp5)
        $shell = Start-Later { Get-WgTunnel wgp5 -ErrorAction Ignore | Stop-WgTunnel -ErrorAction Ignore } @()
        try { $events = Watch-WgEvent wgp5 -Timeout 60 -ErrorAction SilentlyContinue -ErrorVariable problems }
        finally { Stop-Later $shell }
        if (-not $problems) { $events[-1].Kind | Should -Be 'TunnelStopped' }
    }

    It 'is stopped by Ctrl-C' {
        $shell = [powershell]::Create().AddScript("Import-Module '$(Get-TestModulePath)'; Watch-WgEvent")
        $running = $shell.BeginInvoke()
        Start-Sleep -Milliseconds 500
        $shell.Stop()
        $running.IsCompleted | Should -BeTrue
        $shell.InvocationStateInfo.State | Should -Be 'Stopped'
        $shell.Dispose()
        (Get-WgTunnel wgp0).State | Should -Be 'Up'
    }
}

Describe 'Wait-WgHandshake' {
    BeforeAll { Start-WgTunnel (New-TestConfig wgp0) }
    AfterAll { Get-WgTunnel | Stop-WgTunnel }

    It 'comes back at once where there is a session, silently' {
        Wait-WgHandshake wgp0 $PeerKeys[0] -Timeout 20 | Should -BeNullOrEmpty
        (Wait-WgHandshake wgp0 peer-0 -PassThru -Timeout 20).PublicKey | Should -Be $PeerKeys[0]
    }

    It 'names each peer that has not shaken hands in time' {
        Wait-WgHandshake wgp0 -Timeout 0.3 -ErrorVariable problems -ErrorAction SilentlyContinue
        $problems.FullyQualifiedErrorId | Should -Be (@('HandshakeTimeout,WireGuard.Commands.WaitWgHandshakeCommand') * 2)
        $problems.TargetObject | Sort-Object | Should -Be ($PeerKeys[1, 2] | Sort-Object)
        "$($problems[0])" | Should -Match "peer-[12] of tunnel 'wgp0' has not shaken hands within 0\.3 s"
        $problems[0].ErrorDetails.RecommendedAction | Should -Match 'Test-WgTunnel'
    }

    It 'waits for peers of the pipeline together' {
        $shell = Start-Later { param($one, $other) Set-WgPeer wgp0 $one -PersistentKeepalive 25; Set-WgPeer wgp0 $other -PersistentKeepalive 25 } $PeerKeys[1, 2]
        try { $peers = Get-WgPeer wgp0 | Wait-WgHandshake -New:$false -Timeout 60 -PassThru }
        finally { Stop-Later $shell }
        $peers.PublicKey | Should -Be $PeerKeys
        $peers.IsStale | Should -Be $false, $false, $false
    }

    It 'waits for the next handshake when that is asked for' {
        Get-ErrorId { Wait-WgHandshake wgp0 peer-0 -New -Timeout 0.3 } | Should -BeLike 'HandshakeTimeout,*'
        $shell = Start-Later { Set-WgPeer wgp0 peer-0 -PersistentKeepalive 25 } @()
        try { Wait-WgHandshake wgp0 peer-0 -New -Timeout 60 }
        finally { Stop-Later $shell }
    }

    It 'knows what is not there' {
        Get-ErrorId { Wait-WgHandshake wgp0 nobody -Timeout 5 } | Should -BeLike 'PeerNotFound,*'
        Get-ErrorId { Wait-WgHandshake wgp7 -Timeout 5 } | Should -BeLike 'TunnelNotFound,*'
        Wait-WgHandshake nothing* | Should -BeNullOrEmpty
    }

    It 'is stopped by Ctrl-C' {
        $shell = [powershell]::Create().AddScript("Import-Module '$(Get-TestModulePath)'; Add-WgPeer wgp0 '$((New-WgKey).PublicKey)'; Wait-WgHandshake wgp0 -Timeout 600")
        $running = $shell.BeginInvoke()
        Start-Sleep -Milliseconds 500
        $shell.Stop()
        $running.IsCompleted | Should -BeTrue
        $shell.Dispose()
    }
}

Describe 'Test-WgTunnel' {
    BeforeAll { Start-WgTunnel (New-TestConfig wgp0) }

    It 'answers with a bool' {
        Test-WgTunnel wgp0 | Should -BeOfType bool
        Test-WgTunnel wgp0 | Should -BeTrue
        Get-WgTunnel | Test-WgTunnel | Should -BeTrue
        Test-WgTunnel wgp7 | Should -BeFalse
        Test-WgTunnel nothing* | Should -BeNullOrEmpty
    }

    It 'finds what is wrong, and says what to do' {
        # What fits through to addresses that nobody has is the machine's affair.
        $found = Test-WgTunnel wgp0 -Detailed | Where-Object Id -NE MtuTooLarge
        $found | Should -BeOfType WireGuard.WgFinding
        $found.Id | Should -Be 'NoReply'
        $found.Target, $found.Severity | Should -Be 'peer-2', 'Warning'
        $found | Out-String -Width 100 | Should -Match 'Warning\s+peer-2\s+NoReply'
        $none = Test-WgTunnel wgp7 -Detailed
        $none.Id, $none.Severity, $none.RecommendedAction | Should -Be 'NotRunning', 'Error', 'Start-WgTunnel wgp7'
    }

    It 'finds an engine that <Behavior>' -ForEach @(
        @{ Behavior = 'Hung'; Name = 'wgh1'; Id = 'EngineSilent' }
        @{ Behavior = 'CloseOnRequest'; Name = 'wgh2'; Id = 'EngineUnreachable' }
        @{ Behavior = 'OtherVersion'; Name = 'wgh3'; Id = 'EngineUnreachable' }
    ) {
        Start-FakeTunnel $Name $Behavior
        $found = Test-WgTunnel $Name -Detailed
        $found.Id, $found.Severity | Should -Be $Id, 'Error'
        $found.RecommendedAction | Should -Not -BeNullOrEmpty
        Test-WgTunnel $Name | Should -BeFalse
    }
}

Describe 'Restart-WgTunnel' {
    BeforeAll {
        $env:WIREGUARD_FAKE_OPTIONS = "$Work/options"
        Start-WgTunnel (New-TestConfig wgp8) -Forward -QueueCount 2
    }
    AfterAll { $env:WIREGUARD_FAKE_OPTIONS = $null }

    It 'starts it again with the same file and options' {
        $before = Get-WgTunnel wgp8
        Remove-Item $Work/options
        Restart-WgTunnel wgp8 | Should -BeNullOrEmpty
        $after = Get-WgTunnel wgp8
        $after.ProcessId | Should -Not -Be $before.ProcessId
        $after.ConfigPath | Should -Be $before.ConfigPath
        Test-ProcessRuns $before.ProcessId | Should -BeFalse
        Get-Content -Raw $Work/options | Should -Be '--forward --queues 2'
        (Get-WgTunnel wgp8 | Restart-WgTunnel -PassThru).Name | Should -Be 'wgp8'
    }

    It 'leaves it running when it could not be started again' {
        $before = (Get-WgTunnel wgp8).ProcessId
        Restart-WgTunnel wgp8 -WhatIf
        $path = "$Work/etc/wgp8.conf"
        $text = Get-Content -Raw $path
        Add-Content $path 'Colour = blue'
        Get-ErrorId { Restart-WgTunnel wgp8 } | Should -BeLike 'ConfigInvalid,*'
        Set-Content $path $text
        (Get-WgTunnel wgp8).ProcessId | Should -Be $before
        Get-ErrorId { Restart-WgTunnel wgp7 } | Should -BeLike 'TunnelNotFound,*'
        { Restart-WgTunnel nothing* } | Should -Not -Throw
    }

    It 'says that it is down when the second start fails' {
        $env:WIREGUARD_FAKE_START = 'AddressInUse'
        try { { Restart-WgTunnel wgp8 -ErrorAction Stop } | Should -Throw "Tunnel 'wgp8' was stopped and is down: *" -ErrorId 'AddressInUse,*' }
        finally { $env:WIREGUARD_FAKE_START = $null }
    }

    It 'leaves to others what others run' {
        $env:WIREGUARD_FAKE_SERVICE = '1'
        try { Start-FakeTunnel wgp9 }
        finally { $env:WIREGUARD_FAKE_SERVICE = $null }
        Get-ErrorId { Restart-WgTunnel wgp9 } | Should -BeLike 'NotRestartable,*'
        (Get-WgTunnel wgp9).State | Should -Be 'Up'
    }
}

BeforeAll {
    . $PSScriptRoot/Common.ps1
    Enter-FakeEngine
}

AfterAll { Exit-FakeEngine }

Describe 'Tunnels' {
    AfterEach {
        $env:WIREGUARD_FAKE_START = $env:WIREGUARD_FAKE_BEHAVIOR = $null
        Get-WgTunnel | Stop-WgTunnel
    }

    It 'starts from a path, silently' {
        Start-WgTunnel -Config (New-TestConfig wgp0) | Should -BeNullOrEmpty
        (Get-WgTunnel wgp0).State | Should -Be 'Up'
    }

    It 'starts from the location, not from the process''s folder' {
        $null = New-TestConfig wgp0
        Push-Location $env:WIREGUARD_CONFIG_DIR
        try { (Start-WgTunnel ./wgp0.conf -PassThru).Name | Should -Be 'wgp0' }
        finally { Pop-Location }
    }

    It 'starts files from the pipeline' {
        $null = (New-TestConfig wgp0), (New-TestConfig wgp1)
        $started = Get-ChildItem $env:WIREGUARD_CONFIG_DIR/wgp[01].conf | Start-WgTunnel -PassThru
        $started.Name | Should -Be 'wgp0', 'wgp1'
        $started | Should -BeOfType WireGuard.WgTunnel
    }

    It 'warns of a doubtful file, and says so once' {
        $config = New-TestConfig wgp0
        chmod 644 $config
        Start-WgTunnel $config -WarningVariable warned -WarningAction SilentlyContinue
        "$warned" | Should -BeLike "${config}: Everybody *"
        "$warned" | Should -Not -Match 'warning'
    }

    It 'hands <Given> on to the engine as <Option>' -ForEach @(
        @{ Given = '-KillSwitch'; Option = '--kill-switch' }
        @{ Given = '-ExcludeRoute "192.168.0.0/16, 10.1.2.3","fd00::/8" -KillSwitch'; Option = '--exclude-route 192.168.0.0/16 --exclude-route 10.1.2.3/32 --exclude-route fd00::/8 --kill-switch' }
        @{ Given = '-Forward'; Option = '--forward' }
        @{ Given = '-Masquerade'; Option = '--masquerade' }
        @{ Given = '-NetNs box -SocketNetNs /proc/1/ns/net'; Option = '--netns box --socket-netns /proc/1/ns/net' }
        @{ Given = '-AllowHook'; Option = '--allow-hooks' }
        @{ Given = '-QueueCount 3'; Option = '--queues 3' }
        @{ Given = '-Queues 1'; Option = '--queues 1' }
        @{ Given = ''; Option = '' }
    ) {
        $env:WIREGUARD_FAKE_OPTIONS = "$Work/options"
        try { Invoke-Expression "Start-WgTunnel '$(New-TestConfig wgp0)' $Given" }
        finally { $env:WIREGUARD_FAKE_OPTIONS = $null }
        Get-Content "$Work/options" -Raw | Should -Be $(if ($Option) { $Option })
    }

    It 'starts by name' {
        $config = New-TestConfig wgp0
        (Start-WgTunnel -Name wgp0 -PassThru).ConfigPath | Should -Be $config
    }

    It 'takes a bare name for a name, as wireguard-engine up does' {
        $config = New-TestConfig wgp0
        (Start-WgTunnel wgp0 -PassThru).ConfigPath | Should -Be $config
        Stop-WgTunnel wgp0
        $here = (New-Item -ItemType Directory "$Work/here").FullName
        Push-Location $here
        try {
            $local = New-TestConfig wgp0 -Folder $here
            ('wgp0' | Start-WgTunnel -PassThru).ConfigPath | Should -Be $config
            Stop-WgTunnel wgp0
            (Start-WgTunnel wgp0.conf -PassThru).ConfigPath | Should -Be $local
            { Start-WgTunnel wgp5 -ErrorAction Stop } | Should -Throw "*'$Work/etc/wgp5.conf'*" -ErrorId 'ConfigNotFound*'
        }
        finally { Pop-Location }
    }

    It 'starts what wildcards match, and a literal file before them' {
        $null = (New-TestConfig wgp0), (New-TestConfig wgp1)
        (Start-WgTunnel "$Work/etc/wgp[01].conf" -PassThru).Name | Should -Be 'wgp0', 'wgp1'
        Get-ErrorId { Start-WgTunnel "$Work/etc/none*.conf" } | Should -BeNullOrEmpty
        $odd = (New-Item -ItemType Directory "$Work/o[d]d").FullName
        [IO.File]::Move("$Work/etc/wgp1.conf", "$odd/wgp2.conf")
        (Get-ChildItem -LiteralPath $odd | Start-WgTunnel -PassThru).Name | Should -Be 'wgp2'
    }

    It 'starts nothing with -WhatIf, but checks the file' {
        Start-WgTunnel (New-TestConfig wgp0) -WhatIf
        Get-WgTunnel | Should -BeNullOrEmpty
        Get-ErrorId { Start-WgTunnel (New-TestConfig wgp0 'Colour = blue') -WhatIf } |
            Should -Be 'ConfigInvalid,WireGuard.Commands.StartWgTunnelCommand'
        $saved = $env:WIREGUARD_ENGINE
        $env:WIREGUARD_ENGINE = '/nonexistent'
        try { Get-ErrorId { Start-WgTunnel (New-TestConfig wgp0) -WhatIf } | Should -BeNullOrEmpty }
        finally { $env:WIREGUARD_ENGINE = $saved }
        Start-WgTunnel "$Work/etc/wgp0.conf"
        Get-ErrorId { Start-WgTunnel wgp0 -WhatIf } | Should -Be 'TunnelExists,WireGuard.Commands.StartWgTunnelCommand'
    }

    It 'refuses a tunnel twice and goes on with the next' {
        Start-WgTunnel (New-TestConfig wgp0)
        Start-WgTunnel "$Work/etc/wgp0.conf", (New-TestConfig wgp1) -ErrorVariable problems -ErrorAction SilentlyContinue
        $problems.FullyQualifiedErrorId | Should -Be 'TunnelExists,WireGuard.Commands.StartWgTunnelCommand'
        (Get-WgTunnel).Name | Should -Be 'wgp0', 'wgp1'
    }

    It 'passes on <_> of the engine' -ForEach 'AccessDenied', 'TunNotAvailable', 'AddressInUse', 'EndpointUnresolved', 'HookFailed', 'HostNetworkFailed', 'CryptoUnavailable', 'EngineTimeout' {
        $env:WIREGUARD_FAKE_START = $_
        Get-ErrorId { Start-WgTunnel (New-TestConfig wgp0) } | Should -Be "$_,WireGuard.Commands.StartWgTunnelCommand"
    }

    It 'quotes an engine that ends without a report' {
        $env:WIREGUARD_FAKE_START = 'mute'
        { Start-WgTunnel (New-TestConfig wgp0) -ErrorAction Stop } | Should -Throw '*told to be mute*' -ErrorId 'EngineFailed*'
    }

    It 'tells what the engine finds wrong with the parameters, by their names, and does not send elsewhere' {
        $env:WIREGUARD_FAKE_START = 'usage'
        Start-WgTunnel (New-TestConfig wgp0) -Masquerade -KillSwitch -ErrorVariable wrong -ErrorAction SilentlyContinue
        $wrong[0].FullyQualifiedErrorId | Should -BeLike 'InvalidValue,*'
        "$($wrong[0])" | Should -Be '-Masquerade lets out of this host what -KillSwitch is to keep in.'
        $wrong[0].ErrorDetails.RecommendedAction | Should -Not -Match 'wireguard-engine'
    }

    It 'is warned of a peer that is the tunnel itself, by Test-WgConfig' {
        $key = New-WgKey
        $path = New-TestConfig wgp0
        (Get-Content -Raw $path) -replace 'PrivateKey = .*', "PrivateKey = $($key.PrivateKey | ConvertFrom-SecureString -AsPlainText)" | Set-Content $path
        Test-WgConfig $path -Detailed | Should -BeNullOrEmpty
        Add-Content $path "[Peer]`nPublicKey = $($key.PublicKey)"
        $found = Test-WgConfig $path -Detailed
        $found.Id, $found.Severity, $found.Line | Should -Be 'OwnPublicKey', 'Warning', ((Get-Content $path).IndexOf("PublicKey = $($key.PublicKey)") + 1)
        Test-WgConfig $path | Should -BeTrue
        $saved = $env:WIREGUARD_ENGINE
        $env:WIREGUARD_ENGINE = '/nonexistent'
        try { Test-WgConfig $path -Detailed | Should -BeNullOrEmpty }
        finally { $env:WIREGUARD_ENGINE = $saved }
    }

    It 'is checked by its name, and stopped by its file, too' {
        $path = New-TestConfig wgp0
        Test-WgConfig wgp0 | Should -BeTrue
        'wgp0', $path | Test-WgConfig | Should -Be $true, $true
        Get-ErrorId { Test-WgConfig nosuch } | Should -BeLike 'ConfigNotFound,*'
        Start-WgTunnel $path
        Stop-WgTunnel $path
        Start-WgTunnel $path
        Get-Item $path | Stop-WgTunnel
        Start-WgTunnel $path, (New-TestConfig wgp1)
        Stop-WgTunnel "$Work/etc/wgp*.conf"
        Get-WgTunnel | Should -BeNullOrEmpty
    }

    It 'is stopped by the file that it was started from, and by no other of its name' {
        $path = New-TestConfig wgp0
        Start-WgTunnel $path, (New-TestConfig wgp1)
        $lab = (New-Item -ItemType Directory -Force "$Work/lab").FullName
        $null = (New-TestConfig wgp0 -Folder $lab), (New-TestConfig wgp2 -Folder $lab)
        Set-Content "$lab/of no tunnel.conf" ''
        { Stop-WgTunnel "$lab/wgp0.conf" -ErrorAction Stop } | Should -Throw "*runs from '$path', not from '$lab/wgp0.conf'*" -ErrorId 'TunnelExists,*'
        Get-ErrorId { Stop-WgTunnel "$lab/wgp0.conf" -WhatIf } | Should -BeLike 'TunnelExists,*'
        Get-ErrorId { Get-Item "$lab/wgp0.conf" | Stop-WgTunnel } | Should -BeLike 'TunnelExists,*'
        Push-Location $lab
        try {
            Stop-WgTunnel ./*.conf -ErrorVariable refused -ErrorAction SilentlyContinue
            $refused.FullyQualifiedErrorId | Should -Be 'TunnelExists,WireGuard.Commands.StopWgTunnelCommand'
            Get-ErrorId { Stop-WgTunnel ./wgp1.conf } | Should -BeLike 'ConfigNotFound,*'
            Get-ErrorId { Stop-WgTunnel wgp1.conf } | Should -BeLike 'ConfigNotFound,*'
            Get-ErrorId { Stop-WgTunnel ./wgp2.conf } | Should -BeLike 'TunnelNotFound,*'
            Get-ErrorId { Stop-WgTunnel "$lab/none*.conf" } | Should -BeNullOrEmpty
            (Get-WgTunnel).Name | Should -Be 'wgp0', 'wgp1'
            $started = Start-WgTunnel ./wgp2.conf -PassThru
            Remove-Item ./wgp2.conf
            (Stop-WgTunnel ./wgp2.conf -PassThru).ConfigPath | Should -Be $started.ConfigPath
            Get-Item $path | Stop-WgTunnel
            (Get-WgTunnel).Name | Should -Be 'wgp1'
        }
        finally { Pop-Location }
    }

    It 'says which units a duration has' {
        { Start-WgTunnel wgp0 -Timeout 1x } | Should -Throw '*units s, m, h and d*'
        { New-WgInvite wgp0 -ExpiresIn 1x } | Should -Throw '*units s, m, h and d*'
    }

    It 'completes <Line> with <Expected>' -ForEach @(
        @{ Line = 'Test-WgConfig wgp'; Expected = 'wgp0' }
        @{ Line = 'Import-WgTopology ./site.yaml -Name be'; Expected = 'berlin' }
        @{ Line = 'Import-WgTopology ./site.yaml a'; Expected = 'anna' }
        @{ Line = 'Start-WgTunnel wgp'; Expected = 'wgp0' }
        @{ Line = 'Start-WgTunnel -Name wgp'; Expected = 'wgp0' }
        @{ Line = 'Register-WgService -Name wgp'; Expected = 'wgp0' }
        @{ Line = 'Start-WgTunnel ./wg'; Expected = './wgp1.conf' }
        @{ Line = 'Start-WgTunnel wgp0 -ControlGroup roo'; Expected = 'root' }
        @{ Line = 'Start-WgTunnel wgp0 -NetNs nosuch'; Expected = '' }
    ) {
        $null = New-TestConfig wgp0
        $here = (New-Item -ItemType Directory -Force "$Work/completing").FullName
        Set-Content "$here/wgp1.conf", "$here/wg.txt" ''
        Copy-Item $PSScriptRoot/../../examples/site.yaml $here
        Push-Location $here
        # On a busy machine the time that completion has may not do the first time.
        try {
            for ($try = 0; $try -eq 0 -or ($try -lt 20 -and $Expected -and $Expected -notin $found); $try++) {
                $found = (TabExpansion2 $Line $Line.Length).CompletionMatches.CompletionText
            }
        }
        finally { Pop-Location }
        if ($Expected) { $found | Should -Contain $Expected } else { $found | Should -BeNullOrEmpty }
        $found | Should -Not -Contain './wg.txt'
    }

    It 'gives up on an engine that never reports' {
        $env:WIREGUARD_FAKE_START = 'silent'
        { Start-WgTunnel (New-TestConfig wgp0) -Timeout 0.1 -ErrorAction Stop } | Should -Throw -ErrorId 'EngineTimeout*'
    }

    It 'ends the wait when it is stopped' {
        $env:WIREGUARD_FAKE_START = 'silent'
        $config = New-TestConfig wgp0
        $shell = [powershell]::Create()
        try {
            $null = $shell.AddScript("Import-Module '$(Get-TestModulePath)'; 'ready'; Start-WgTunnel '$config' -Timeout 60")
            $output = [Management.Automation.PSDataCollection[psobject]]::new()
            $running = $shell.BeginInvoke([Management.Automation.PSDataCollection[psobject]]::new(), $output)
            while ($output.Count -eq 0) { Start-Sleep -Milliseconds 20 }
            $shell.Stop()
            $shell.InvocationStateInfo.State | Should -Be 'Stopped'
            $running.IsCompleted | Should -BeTrue
        }
        finally {
            $shell.Dispose()
            # The engine that is on its way is nobody's now: end the one that this test started.
            Get-Process fake-engine -ErrorAction Ignore | Where-Object CommandLine -Like "*up $config*" | Stop-Process -Force
        }
    }

    It 'has an InvalidTunnelName for a file that cannot be a tunnel' {
        Set-Content "$Work/etc/not a name.conf" '[Interface]'
        Get-ErrorId { Start-WgTunnel "$Work/etc/not a name.conf" } | Should -BeLike 'InvalidTunnelName,*'
        Get-ErrorId { Start-WgTunnel -Name '../x' } | Should -BeLike 'InvalidTunnelName,*'
    }

    It 'has a ConfigNotFound for what is no file' {
        Get-ErrorId { Start-WgTunnel ./nowhere.conf } | Should -BeLike 'ConfigNotFound,*'
        Get-ErrorId { Start-WgTunnel -Name nowhere } | Should -BeLike 'ConfigNotFound,*'
        Get-ErrorId { Start-WgTunnel env:/nowhere.conf } | Should -BeLike 'ConfigNotFound,*'
        Get-ErrorId { Start-WgTunnel nodrive:/nowhere.conf } | Should -BeLike 'ConfigNotFound,*'
    }

    It 'takes seconds, text and TimeSpans as a timeout, and nothing below zero' {
        Start-WgTunnel (New-TestConfig wgp0) -Timeout 20
        Stop-WgTunnel wgp0 -Timeout '00:00:20'
        Start-WgTunnel "$Work/etc/wgp0.conf" -Timeout (New-TimeSpan -Seconds 20)
        { Stop-WgTunnel wgp0 -Timeout 0 } | Should -Throw -ErrorId 'ParameterArgumentValidationError*'
        { Stop-WgTunnel wgp0 -Timeout -1 } | Should -Throw -ErrorId 'ParameterArgumentValidationError*'
    }

    It 'stops, waits until the process is gone, and restarts' {
        $tunnel = Start-WgTunnel (New-TestConfig wgp0) -PassThru
        $stopped = $tunnel | Stop-WgTunnel -PassThru
        $stopped.State | Should -Be 'Stopped'
        Test-ProcessRuns $tunnel.ProcessId | Should -BeFalse
        Get-WgTunnel | Should -BeNullOrEmpty
        ($stopped | Start-WgTunnel -PassThru).ProcessId | Should -Not -Be $tunnel.ProcessId
    }

    It 'stops nothing with -WhatIf' {
        Start-WgTunnel (New-TestConfig wgp0)
        Stop-WgTunnel wgp* -WhatIf
        (Get-WgTunnel).Name | Should -Be 'wgp0'
    }

    It 'misses a literal name and not a wildcard' {
        foreach ($command in 'Get-WgTunnel', 'Get-WgPeer', 'Get-WgStatus', 'Stop-WgTunnel') {
            Get-ErrorId { & $command nosuch } | Should -BeLike 'TunnelNotFound,*'
            Get-ErrorId { & $command nosuch* } | Should -BeNullOrEmpty
            Get-ErrorId { & $command '../etc' } | Should -BeLike 'InvalidTunnelName,*'
        }
    }

    It 'gets by wildcard, by several names, and each once' {
        'wgp0', 'wgp1', 'other' | ForEach-Object { Start-WgTunnel (New-TestConfig $_) }
        (Get-WgTunnel).Name | Should -Be 'other', 'wgp0', 'wgp1'
        (Get-WgTunnel wgp*).Name | Should -Be 'wgp0', 'wgp1'
        (Get-WgTunnel wgp1, other, wgp*).Name | Should -Be 'wgp1', 'other', 'wgp0'
        ('wgp1', 'other' | Get-WgTunnel).Name | Should -Be 'wgp1', 'other'
        (Get-WgTunnel | Select-Object -First 1).Name | Should -Be 'other'
    }

    It 'gives secrets only when asked, as SecureStrings' {
        $config = New-TestConfig wgp0
        Start-WgTunnel $config
        (Get-WgTunnel wgp0).PrivateKey | Should -BeNullOrEmpty
        $key = (Get-WgTunnel wgp0 -IncludeSecret).PrivateKey | ConvertFrom-SecureString -AsPlainText
        Get-Content $config | Should -Contain "PrivateKey = $key"
        Get-WgTunnel wgp0 -IncludeSecret | Format-List * | Out-String | Should -Not -BeLike "*$key*"
    }

    It 'asks before a private key is replaced, and nothing else' {
        Start-WgTunnel (New-TestConfig wgp0)
        $first = (Get-WgTunnel wgp0).PublicKey
        $key = New-WgKey
        $secret = $key.PrivateKey | ConvertFrom-SecureString -AsPlainText
        $given = "(ConvertTo-SecureString -AsPlainText '$secret')"
        Invoke-Pwsh 'Set-WgTunnel wgp0 -ListenPort 51999 | Out-String' | Should -Match 'ListenPort'
        Invoke-Pwsh "Set-WgTunnel wgp0 -PrivateKey $given" | Should -Match 'NonInteractive'
        (Get-WgTunnel wgp0).PublicKey | Should -Be $first
        Set-WgTunnel wgp0 -PrivateKey $key.PrivateKey -WhatIf | ForEach-Object Property | Should -Be 'PrivateKey'
        (Get-WgTunnel wgp0).PublicKey | Should -Be $first
        Set-WgTunnel wgp0 -PrivateKey $key.PrivateKey -Force | ForEach-Object Property | Should -Be 'PrivateKey'
        (Get-WgTunnel wgp0).PublicKey | Should -Be $key.PublicKey
        Invoke-Pwsh "Set-WgTunnel wgp0 -PrivateKey $given; 'not asked'" | Should -Match '^not asked'
        Invoke-Pwsh "Set-WgTunnel wgp0 -PrivateKey (New-WgKey).PrivateKey -Confirm:`$false | Out-Null; 'not asked'" | Should -Match '^not asked'
        (Get-WgTunnel wgp0).PublicKey | Should -Not -Be $key.PublicKey
    }

    It 'tells the status of each engine' {
        $tunnel = Start-WgTunnel (New-TestConfig wgp0) -PassThru
        $status = $tunnel | Get-WgStatus
        $status | Should -BeOfType WireGuard.WgStatus
        $status.ProcessId | Should -Be $tunnel.ProcessId
        $status.PeerCount | Should -Be 3
        $status.OnlinePeerCount | Should -Be 1
        $status.Uptime | Should -BeGreaterThan ([timespan]::Zero)
    }
}

Describe 'Engines that misbehave' {
    AfterEach {
        foreach ($id in $FakeProcesses) { Stop-Process -Id $id -Force -ErrorAction Ignore }
        Remove-Item $Work/run/*.sock -ErrorAction Ignore
    }

    It '<Behavior> is <Id>' -ForEach @(
        @{ Behavior = 'OtherVersion'; Id = 'EngineVersionMismatch'; Advice = 'restart the tunnel' }
        @{ Behavior = 'RubbishGreeting'; Id = 'EngineProtocolError'; Advice = 'restart the tunnel' }
        @{ Behavior = 'EndlessGreeting'; Id = 'EngineProtocolError'; Advice = 'restart the tunnel' }
        @{ Behavior = 'RubbishAnswer'; Id = 'EngineProtocolError'; Advice = 'restart the tunnel' }
        @{ Behavior = 'HalfAnswer'; Id = 'EngineConnectionLost'; Advice = 'Get-WgTunnel' }
        @{ Behavior = 'CloseAtOnce'; Id = 'EngineConnectionLost'; Advice = 'Get-WgTunnel' }
        @{ Behavior = 'Hung'; Id = 'EngineTimeout'; Advice = 'log' }
    ) {
        Start-FakeTunnel bad $Behavior
        Get-ErrorId { Get-WgTunnel bad } | Should -Be "$Id,WireGuard.Commands.GetWgTunnelCommand"
        Get-WgTunnel bad -ErrorVariable problems -ErrorAction SilentlyContinue
        "$problems" | Should -BeLike "*tunnel 'bad'*"
        $problems.ErrorDetails.RecommendedAction | Should -Match $Advice
    }

    It 'is hung for no cmdlet longer than the cmdlet says' -ForEach 'Get-WgPeer', 'Get-WgStatus', 'Remove-WgPeer', 'Stop-WgTunnel', 'Wait-WgHandshake', 'Watch-WgEvent', 'Restart-WgTunnel' {
        Start-FakeTunnel hung Hung
        $more = @{}
        if ($_ -eq 'Remove-WgPeer') { $more.PublicKey = $PeerKeys[0] }
        $watch = [Diagnostics.Stopwatch]::StartNew()
        Get-ErrorId { & $_ hung @more } | Should -BeLike 'EngineTimeout,*'
        $watch.Elapsed.TotalSeconds | Should -BeLessThan 60
    }

    It 'is told to be starting, by <Behavior>' -ForEach @{ Behavior = 'Starting' }, @{ Behavior = 'StartingWithoutDevice' } {
        Start-FakeTunnel slow $Behavior
        if ($Behavior -eq 'Starting') { (Get-WgTunnel slow).State | Should -Be 'Starting' }
        Test-WgTunnel slow | Should -BeFalse
        $found = Test-WgTunnel slow -Detailed
        $found.Id | Should -Be 'Starting'
        $found.RecommendedAction | Should -Match '^Wait'
    }

    It 'does not keep the others from answering' {
        Start-FakeTunnel bad OtherVersion
        Start-FakeTunnel good
        $found = Get-WgTunnel -ErrorVariable problems -ErrorAction SilentlyContinue
        $found.Name | Should -Be 'good'
        $problems.TargetObject | Should -Be 'bad'
    }

    It 'passes over a socket that was left behind' {
        Start-FakeTunnel left
        Stop-Process -Id $FakeProcesses[-1] -Force
        Wait-Process -Id $FakeProcesses[-1] -ErrorAction Ignore
        Test-Path $Work/run/left.sock | Should -BeTrue
        Get-WgTunnel | Should -BeNullOrEmpty
        Get-ErrorId { Get-WgTunnel left } | Should -BeLike 'TunnelNotFound,*'
    }

    It 'cleans up after an engine that dies when it is to end, by <Behavior>' -ForEach @{ Behavior = 'DiesOnStop' }, @{ Behavior = 'HangsUpAndDiesOnStop' } {
        Start-FakeTunnel dying $Behavior
        $null = New-Item $Work/run/dying@1.undo
        Stop-WgTunnel dying -ErrorAction Stop
        $null = New-Item $Work/run/gone@1.undo
        { Get-WgTunnel gone -ErrorAction Stop } | Should -Throw '*Stop-WgTunnel gone undoes it*'
        Remove-Item $Work/run/gone@1.undo
        Test-Path $Work/run/dying@1.undo | Should -BeFalse
        Get-WgTunnel | Should -BeNullOrEmpty
    }

    It 'times out on an engine that does not end' {
        Start-FakeTunnel stubborn StopsNever
        Get-ErrorId { Stop-WgTunnel stubborn -Timeout 0.3 } | Should -BeLike 'EngineTimeout,*'
    }
}

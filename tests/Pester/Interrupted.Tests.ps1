# Ctrl-C in the middle of what must not be left half done: the fake engine is slow, so that there is a middle.

BeforeAll {
    . $PSScriptRoot/Common.ps1
    Add-Type -Path $PSScriptRoot/AskingHost.cs
    Enter-FakeEngine
    $env:WIREGUARD_FAKE_REQUESTS = "$Work/requests"

    # Runs until the fake was asked for the method, and is stopped then; what its host showed.
    function Invoke-Interrupted([string] $Script, [string] $Method) {
        $screen = [AskingHost]::new('')
        $runspace = [runspacefactory]::CreateRunspace($screen)
        $runspace.Open()
        $shell = [powershell]::Create($runspace).AddScript("Import-Module '$(Get-TestModulePath)'; $Script")
        try {
            $running = $shell.BeginInvoke()
            Wait-For { $running.IsCompleted -or (Get-Content "$Work/requests" -ErrorAction Ignore) -contains $Method }
            $shell.Stop()
            $shell.InvocationStateInfo.State | Should -Be 'Stopped'
        }
        finally {
            $shell.Dispose()
            $runspace.Dispose()
        }
        $screen.Shown
    }
}

AfterAll {
    $env:WIREGUARD_FAKE_REQUESTS = $null
    Exit-FakeEngine
}

Describe 'Restart-WgTunnel at Ctrl-C' {
    AfterEach {
        $env:WIREGUARD_FAKE_START = $null
        Get-WgTunnel -ErrorAction Ignore | Stop-WgTunnel -Timeout 20 -ErrorAction Ignore
        foreach ($id in $FakeProcesses) { Stop-Process -Id $id -Force -ErrorAction Ignore }
        Remove-Item "$Work/requests" -ErrorAction Ignore
    }

    It 'has the tunnel up again before it ends' {
        Start-FakeTunnel wgp0 StopsSlowly
        $before = (Get-WgTunnel wgp0).ProcessId
        Invoke-Interrupted 'Restart-WgTunnel wgp0' 'tunnel.stop' | Should -BeNullOrEmpty
        $after = Get-WgTunnel wgp0
        $after.State, ($after.ProcessId -ne $before) | Should -Be 'Up', $true
        Test-ProcessRuns $before | Should -BeFalse
    }

    It 'shows that the tunnel is down when the start fails, and the line that starts it' {
        $env:WIREGUARD_FAKE_OPTIONS = "$Work/options"
        try {
            $env:WIREGUARD_FAKE_BEHAVIOR = 'StopsSlowly'
            Start-WgTunnel (New-TestConfig wgp0) -ExcludeRoute 10.0.0.0/8, fd00::/8 -KillSwitch -QueueCount 2
            $env:WIREGUARD_FAKE_BEHAVIOR = $null
            $options = Get-Content -Raw "$Work/options"
            $env:WIREGUARD_FAKE_START = 'AddressInUse'
            $shown = Invoke-Interrupted 'Restart-WgTunnel wgp0' 'tunnel.stop'
            $env:WIREGUARD_FAKE_START = $null
            $shown | Should -BeLike "*Tunnel 'wgp0' was stopped and is down: Told to fail with AddressInUse. To start it: Start-WgTunnel *"
            Get-WgTunnel | Should -BeNullOrEmpty
            Remove-Item "$Work/options"
            Invoke-Expression ($shown -replace '(?s)^.*To start it: ')
            (Get-WgTunnel).Name | Should -Be 'wgp0'
            Get-Content -Raw "$Work/options" | Should -Be $options
        }
        finally { $env:WIREGUARD_FAKE_OPTIONS = $env:WIREGUARD_FAKE_BEHAVIOR = $null }
    }

    It 'starts anew what dies of being told to end' {
        Start-FakeTunnel wgp0 DiesOnStop
        $before = (Get-WgTunnel wgp0).ProcessId
        (Restart-WgTunnel wgp0 -PassThru -ErrorAction Stop).ProcessId | Should -Not -Be $before
    }

    It 'says what starts a tunnel whose engine does not end in time' {
        Start-FakeTunnel wgp0 StopsNever
        { Restart-WgTunnel wgp0 -Timeout 0.3 -ErrorAction Stop } | Should -Throw "*had not ended after 0.3 s. It was told to; *: Start-WgTunnel '*/wgp0.conf'" -ErrorId 'EngineTimeout,*'
        Stop-Process -Id $FakeProcesses[-1] -Force
        Wait-For { -not (Test-ProcessRuns $FakeProcesses[-1]) }
    }
}

Describe 'Update-WgKey at Ctrl-C' {
    BeforeEach {
        Start-FakeTunnel wgp0 ChangesSlowly
        $Before = (Get-WgTunnel wgp0).PublicKey
    }

    AfterEach {
        Get-WgTunnel -ErrorAction Ignore | Stop-WgTunnel -Timeout 20 -ErrorAction Ignore
        foreach ($id in $FakeProcesses) { Stop-Process -Id $id -Force -ErrorAction Ignore }
        Remove-Item "$Work/requests" -ErrorAction Ignore
    }

    It 'changes tunnel and file, and shows what the other ends have to be told' {
        $shown = Invoke-Interrupted 'Update-WgKey wgp0 -Confirm:$false' 'tunnel.sync'
        $after = (Get-WgTunnel wgp0).PublicKey
        $after | Should -Not -Be $Before
        Select-String '^PrivateKey = (.*)' "$Work/etc/wgp0.conf" | ForEach-Object { $_.Matches[0].Groups[1].Value | Get-WgPublicKey } | Should -Be $after
        $shown | Should -BeLike "*Tunnel 'wgp0' has a new key: its public key $Before is $after now.*Replace('$Before', '$after')*"
        $shown | Should -Not -Match 'PrivateKey'
    }

    It 'shows it without a file too' {
        $shown = Invoke-Interrupted 'Update-WgKey wgp0 -NoSave -Confirm:$false' 'tunnel.sync'
        $after = (Get-WgTunnel wgp0).PublicKey
        $after | Should -Not -Be $Before
        $shown | Should -BeLike "*$Before is $after now*"
        Get-Content "$Work/requests" | Should -Not -Contain 'tunnel.save'
    }

    It 'has its old key again where the new one cannot be saved' {
        $told = Update-WgKey wgp0 -Confirm:$false
        $told.OldPublicKey, $told.NewPublicKey | Should -Be $Before, (Get-WgTunnel wgp0).PublicKey
        # Saved means that the file is there when its changes are asked for, and gone when they are to be written.
        $screen = Start-Pipeline 'Update-WgKey wgp0 -Confirm:$false'
        Remove-Item "$Work/requests"
        Wait-For { (Get-Content "$Work/requests" -ErrorAction Ignore) -contains 'tunnel.sync' }
        Remove-Item "$Work/etc/wgp0.conf"
        $null = $screen.Shell.EndInvoke($screen.Result)
        $screen.Shell.Streams.Error[0].FullyQualifiedErrorId | Should -BeLike 'SaveFailed,*'
        "$($screen.Shell.Streams.Error[0])" | Should -BeLike "Tunnel 'wgp0' has its old key again, *"
        $screen.Shell.Dispose()
        (Get-WgTunnel wgp0).PublicKey | Should -Be $told.NewPublicKey
    }

    It 'asks for no private key with -WhatIf' {
        Update-WgKey wgp0 -WhatIf
        $asked = Get-Content "$Work/requests"
        $asked | Should -Contain 'tunnel.get'
        $asked | Should -Not -Contain 'tunnel.get with secrets'
        $asked | Should -Not -Contain 'tunnel.sync'
        $null = Update-WgKey wgp0 -NoSave -Confirm:$false
        Get-Content "$Work/requests" | Should -Not -Contain 'tunnel.get with secrets' -Because 'nothing can have to be taken back'
    }
}

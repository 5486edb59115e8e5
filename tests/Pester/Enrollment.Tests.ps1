# Enrollment's cmdlets against an enrollment server that is made up: answers, errors, streams, prompts. With real engines on a
# real network they are in EnrollmentLive.Tests.ps1.

BeforeAll {
    . $PSScriptRoot/Common.ps1
    Enter-FakeEngine
    $PSStyle.OutputRendering = 'PlainText'

    function Get-Text($Secure) { $Secure | ConvertFrom-SecureString -AsPlainText }
}

AfterAll {
    $env:WIREGUARD_FAKE_ENROLL = $env:WIREGUARD_FAKE_OPTIONS = $null
    Get-WgTunnel | Stop-WgTunnel
    Exit-FakeEngine
}

Describe 'Enrollment' {
    AfterEach {
        $env:WIREGUARD_FAKE_ENROLL = $env:WIREGUARD_FAKE_OPTIONS = $env:WIREGUARD_FAKE_START = $null
        Get-WgTunnel | Stop-WgTunnel
    }

    Context 'Start-WgEnrollmentServer' {
        It 'starts nothing with -WhatIf' {
            Start-WgEnrollmentServer wgp0 10.150.0.0/24 -WhatIf
            Get-WgTunnel | Should -BeNullOrEmpty
        }

        It 'is silent, and with -PassThru tells of the server' {
            Start-WgEnrollmentServer wgp0 10.150.0.0/24 | Should -BeNullOrEmpty
            Stop-WgTunnel wgp0
            $server = Start-WgEnrollmentServer -Name wgp0 -Pool 10.150.0.0/24 -PassThru
            $server | Should -BeOfType WireGuard.WgEnrollment
            $server.Tunnel, $server.State, $server.Pools[0].Server | Should -Be 'wgp0', 'Closed', '10.150.0.1'
            $server.Window | Should -BeNullOrEmpty
        }

        It 'hands on to the engine what it is told' {
            $env:WIREGUARD_FAKE_OPTIONS = "$Work/options"
            Start-WgEnrollmentServer wgp0 -Pool 10.150.0.7/24, fd42:150::/64 -Endpoint vpn.example -ListenPort 51821 -Dns 10.150.0.1, fd42:150::1 `
                -Mtu 1380 -AllowedIP 10.0.0.0/8 -PersistentKeepalive 25 -Lease 30d -KillSwitch -Forward
            Get-Content "$Work/options" | Should -Be ('--pool 10.150.0.0/24,fd42:150::/64 --endpoint vpn.example --port 51821 --dns 10.150.0.1,fd42:150::1 --mtu 1380 ' +
                '--allowed-ip 10.0.0.0/8 --keepalive 25 --lease 2592000 --kill-switch --forward')
            Stop-WgTunnel wgp0
            Start-WgEnrollmentServer wgp0 -Dns @() -AllowedIP @() -Lease 0 -Masquerade
            Get-Content "$Work/options" | Should -Be '--dns none --allowed-ip none --lease 0 --masquerade'
        }

        It 'refuses what cannot be, before an engine is started' {
            Get-ErrorId { Start-WgEnrollmentServer 'no name' } | Should -BeLike 'InvalidTunnelName,*'
            Get-ErrorId { Start-WgEnrollmentServer wgp0 10.150.0.300/24 } | Should -BeLike 'InvalidAllowedIP,*'
            Get-ErrorId { Start-WgEnrollmentServer wgp0 -Endpoint 'a b' } | Should -BeLike 'InvalidEndpoint,*'
            Get-ErrorId { Start-WgEnrollmentServer wgp0 -Dns nowhere } | Should -BeLike 'InvalidValue,*'
            Get-ErrorId { Start-WgEnrollmentServer wgp0 -Mtu 500 } | Should -BeLike 'InvalidValue,*'
            Get-ErrorId { Start-WgEnrollmentServer wgp0 -Lease ([timespan]'-1') } | Should -BeLike 'InvalidValue,*'
            Get-WgTunnel | Should -BeNullOrEmpty
        }

        It 'passes on why the engine did not start' {
            $env:WIREGUARD_FAKE_START = 'StateUnusable'
            Get-ErrorId { Start-WgEnrollmentServer wgp0 } | Should -BeLike 'StateUnusable,*'
        }
    }

    Context 'Open-WgEnrollment' {
        It 'emits the window at once with -NoWait; a script reads the code from it' {
            Start-FakeServer
            $window = Open-WgEnrollment wgp0 -Seconds 90 -MaxPeers 2 -CodeLength 8 -NoWait -Force
            $window | Should -BeOfType WireGuard.WgEnrollmentWindow
            $window.Code | Should -BeOfType securestring
            Get-Text $window.Code | Should -Be '49302716'
            $window.Remaining | Should -Be ([timespan]::FromSeconds(90))
            $window.MaxPeers, $window.GuessesLeft, $window.Approve | Should -Be 2, 3, $false
            $shown = $window | Format-List * | Out-String
            $shown += $window | Out-String
            $shown += "$window"
            $shown | Should -Not -Match '49302716|4930 2716'
            (Get-WgEnrollment wgp0).Window.Code | Should -BeNullOrEmpty
            (Get-WgEnrollment wgp0).Window.Remaining.TotalSeconds | Should -BeGreaterThan 60
        }

        It 'asks only who wants to be asked, and not with -Force' {
            Start-FakeServer
            Invoke-Pwsh 'Open-WgEnrollment wgp0 -NoWait -Confirm' | Should -Match 'NonInteractive|confirm'
            Invoke-Pwsh '$ConfirmPreference = "Medium"; Open-WgEnrollment wgp0 -NoWait' | Should -Match 'NonInteractive|confirm'
            (Get-WgEnrollment wgp0).State | Should -Be 'Closed'
            $null = Invoke-Pwsh 'Open-WgEnrollment wgp0 -NoWait'
            (Get-WgEnrollment wgp0).State | Should -Be 'Open'
            Close-WgEnrollment wgp0
            $null = Invoke-Pwsh '$ConfirmPreference = "Medium"; Open-WgEnrollment wgp0 -NoWait -Force'
            (Get-WgEnrollment wgp0).State | Should -Be 'Open'
            Close-WgEnrollment wgp0
            Open-WgEnrollment wgp0 -NoWait -Force -WhatIf | Should -BeNullOrEmpty
            & { $WhatIfPreference = $true; Open-WgEnrollment wgp0 -NoWait -Force } | Should -BeNullOrEmpty
            (Get-WgEnrollment wgp0).State | Should -Be 'Closed'
        }

        It 'emits who joins, as they come, and ends with the window' {
            Start-FakeServer 'use printer 100, join laptop 200, join phone 400'
            $peers = Open-WgEnrollment wgp0 -Seconds 60 -MaxPeers 2 -Force -InformationAction SilentlyContinue
            $peers | ForEach-Object { $_ | Should -BeOfType WireGuard.WgEnrolledPeer }
            $peers.Name | Should -Be 'laptop', 'phone'
            $peers[0].Addresses | Should -Be '10.150.0.3/24'
            $peers[0].LeaseEnds | Should -Not -BeNullOrEmpty
            $peers[0].InviteId | Should -BeNullOrEmpty
            (Get-WgEnrollment wgp0).Peers.Name | Should -Be 'printer', 'laptop', 'phone'
            (Get-WgEnrollment wgp0).State | Should -Be 'Closed'
        }

        It 'shows the code in groups to the host, and in no stream that is a log' {
            Start-FakeServer 'join laptop 300'
            $said = Invoke-Pwsh 'Open-WgEnrollment wgp0 -Seconds 1 -Force | ForEach-Object Name'
            $said | Should -Match '493 027'
            $said | Should -Match 'laptop'
            $streams = Open-WgEnrollment wgp0 -Seconds 1 -Force -Verbose -Debug 2>&1 3>&1 4>&1 5>&1 6>$null | Out-String
            $streams | Should -Not -Match '493 ?027'
            $streams | Should -Match 'has closed: time-over'
        }

        It 'warns of wrong codes, of who is refused, and of a window that guesses have closed' {
            Start-FakeServer 'refuse tablet 50, wrong 100, wrong 150, wrong 200, join laptop 400'
            Open-WgEnrollment wgp0 -Force -WarningVariable warned -WarningAction SilentlyContinue 6>$null | Should -BeNullOrEmpty
            "$($warned[0])" | Should -Be "'tablet' from 192.0.2.7:40000 has the code and was refused: pool-exhausted."
            "$($warned[1])" | Should -BeLike '*192.0.2.66:666*2 more*'
            $warned | Should -HaveCount 5
            "$($warned[-1])" | Should -BeLike "*'wgp0'*three wrong codes*"
        }

        It 'closes the window at Ctrl-C, and when nobody wants more' {
            Start-FakeServer 'join laptop 100'
            $pipeline = Start-Pipeline 'Open-WgEnrollment wgp0 -Seconds 3600 -Force'
            Wait-For { (Get-WgEnrollment wgp0).Peers.Count -eq 1 }
            (Get-WgEnrollment wgp0).State | Should -Be 'Open'
            $pipeline.Shell.Stop()
            (Get-WgEnrollment wgp0).State | Should -Be 'Closed'
            $pipeline.Shell.Dispose()
            (Open-WgEnrollment wgp0 -Seconds 3600 -Force 6>$null | Select-Object -First 1).Name | Should -Be 'laptop'
            (Get-WgEnrollment wgp0).State | Should -Be 'Closed'
        }

        It 'leaves a window alone that it has not opened' {
            Start-FakeServer
            $null = Open-WgEnrollment wgp0 -NoWait -Force
            Get-ErrorId { Open-WgEnrollment wgp0 -Force } | Should -BeLike 'WindowOpen,*'
            Get-ErrorId { Open-WgEnrollment wgp0 -Force -NoWait } | Should -BeLike 'WindowOpen,*'
            (Get-WgEnrollment wgp0).State | Should -Be 'Open'
        }

        It 'says that the engine has gone' {
            Start-FakeServer 'join laptop 100'
            $process = (Get-WgStatus wgp0).ProcessId
            $pipeline = Start-Pipeline 'Open-WgEnrollment wgp0 -Seconds 3600 -Force'
            Wait-For { (Get-WgEnrollment wgp0).Peers.Count -eq 1 }
            Stop-Process -Id $process -Force
            Wait-For { $pipeline.Result.IsCompleted }
            $pipeline.Shell.Streams.Error[0].FullyQualifiedErrorId | Should -BeLike 'EngineConnectionLost,*'
            $pipeline.Shell.Dispose()
            Remove-Item "$Work/run/wgp0.sock"
        }

        It 'refuses what cannot be' {
            Start-FakeServer
            Start-WgTunnel (New-TestConfig wgp1)
            Get-ErrorId { Open-WgEnrollment wgp1 -Force } | Should -BeLike 'NotServed,*'
            Get-ErrorId { Open-WgEnrollment nosuch -Force } | Should -BeLike 'TunnelNotFound,*'
            Get-ErrorId { Open-WgEnrollment 'wgp*' -Force } | Should -BeLike 'InvalidTunnelName,*'
            Get-ErrorId { Open-WgEnrollment wgp0 -Seconds 7200 -Force } | Should -BeLike 'InvalidValue,*'
            { Open-WgEnrollment wgp0 -CodeLength 5 -Force } | Should -Throw
            (Get-WgEnrollment wgp0).State | Should -Be 'Closed'
        }
    }

    Context 'Close-WgEnrollment' {
        It 'ends the wait of who has opened the window' {
            Start-FakeServer 'join laptop 100'
            $pipeline = Start-Pipeline 'Open-WgEnrollment wgp0 -Seconds 3600 -Force'
            Wait-For { (Get-WgEnrollment wgp0).Peers.Count -eq 1 }
            Close-WgEnrollment wgp0 -WhatIf
            (Get-WgEnrollment wgp0).State | Should -Be 'Open'
            (Close-WgEnrollment wgp0 -PassThru).State | Should -Be 'Closed'
            $pipeline.Shell.EndInvoke($pipeline.Result).Name | Should -Be 'laptop'
            $pipeline.Shell.Dispose()
        }

        It 'has nothing to do without a window, and passes tunnels by that are no servers' {
            Start-FakeServer
            Start-WgTunnel (New-TestConfig wgp1)
            Close-WgEnrollment wgp0 | Should -BeNullOrEmpty
            Close-WgEnrollment * | Should -BeNullOrEmpty
            $null = Open-WgEnrollment wgp0 -NoWait -Force
            Close-WgEnrollment | Should -BeNullOrEmpty
            (Get-WgEnrollment wgp0).State | Should -Be 'Closed'
            Get-WgTunnel wgp0 | Close-WgEnrollment
            Get-ErrorId { Close-WgEnrollment wgp1 } | Should -BeLike 'NotServed,*'
        }
    }

    Context 'Approve-WgEnrollment and Deny-WgEnrollment' {
        It 'let in and turn away who waits, from the pipeline, by fingerprint and by name' {
            Start-FakeServer 'wait laptop 50, wait phone 60, wait tablet 70, wait thief 80'
            $pipeline = Start-Pipeline 'Open-WgEnrollment wgp0 -Approve -Seconds 3600 -Force'
            Wait-For { (Get-WgEnrollment wgp0).Waiting.Count -eq 4 }
            $waiting = (Get-WgEnrollment wgp0).Waiting
            $waiting[0] | Should -BeOfType WireGuard.WgWaitingPeer
            $waiting[0] | Approve-WgEnrollment -WhatIf
            $waiting[0] | Approve-WgEnrollment | Should -BeNullOrEmpty
            (Approve-WgEnrollment wgp0 $waiting[1].Fingerprint -PassThru).Name | Should -Be 'phone'
            (Approve-WgEnrollment -Name wgp0 -Client tablet -PassThru).Addresses | Should -Be '10.150.0.4/24'
            ($waiting[3] | Deny-WgEnrollment -PassThru).Endpoint | Should -Be '192.0.2.7:40000'
            (Get-WgEnrollment wgp0).Waiting | Should -BeNullOrEmpty
            Close-WgEnrollment wgp0
            $pipeline.Shell.EndInvoke($pipeline.Result).Name | Should -Be 'laptop', 'phone', 'tablet'
            "$($pipeline.Shell.Streams.Information)" | Should -BeLike "*'thief' from 192.0.2.7:40000 waits*"
            "$($pipeline.Shell.Streams.Warning)" | Should -BeLike "*'thief'*denied*"
            $pipeline.Shell.Dispose()
        }

        It 'names a client by what both ends can compare, however it was named' {
            Start-FakeServer 'wait laptop 50'
            $pipeline = Start-Pipeline 'Open-WgEnrollment wgp0 -Approve -Seconds 3600 -Force'
            Wait-For { (Get-WgEnrollment wgp0).Waiting.Count -eq 1 }
            $waiting = (Get-WgEnrollment wgp0).Waiting[0]
            foreach ($given in "'laptop'", "'$($waiting.PublicKey)'", "'$($waiting.Fingerprint)'") {
                (& (Get-Command pwsh).Source -NoProfile -Command "Import-Module '$(Get-TestModulePath)'; Approve-WgEnrollment wgp0 $given -WhatIf") -join ' ' |
                    Should -BeLike "*client 'laptop' (fingerprint $($waiting.Fingerprint)) of tunnel 'wgp0'*"
            }
            Close-WgEnrollment wgp0
            $null = $pipeline.Shell.EndInvoke($pipeline.Result)
            $pipeline.Shell.Dispose()
        }

        It 'miss who does not wait' {
            Start-FakeServer
            Get-ErrorId { Approve-WgEnrollment wgp0 nobody } | Should -BeLike 'EnrollmentNotFound,*'
            Get-ErrorId { Deny-WgEnrollment wgp0 nobody } | Should -BeLike 'EnrollmentNotFound,*'
            Get-ErrorId { Approve-WgEnrollment nosuch laptop } | Should -BeLike 'TunnelNotFound,*'
        }
    }

    Context 'A tunnel that others join' {
        BeforeAll {
            $env:WIREGUARD_ENGINE_STATE_DIR = "$Work/state"
            foreach ($name in 'wgp0', 'wgp3') {
                $null = New-Item -ItemType Directory "$Work/state/$name"
                Set-Content "$Work/state/$name/state" ''
            }
        }
        AfterAll { $env:WIREGUARD_ENGINE_STATE_DIR = $null }

        It 'is named as such by cmdlets that are for others' {
            Start-FakeServer
            (Get-WgTunnel wgp0).Served | Should -BeTrue
            $key = (New-WgKey).PublicKey
            $key, (New-WgKey).PublicKey | ForEach-Object { [pscustomobject]@{ Tunnel = 'wgp0'; PublicKey = $_ } } | Add-WgPeer -WarningVariable warned -WarningAction SilentlyContinue | Out-Null
            $warned.Count | Should -Be 1
            "$warned" | Should -BeLike "*'wgp0' is one that others join*New-WgInvite or Open-WgEnrollment*"
            { Restart-WgTunnel wgp0 -ErrorAction Stop } | Should -Throw '*Start-WgEnrollmentServer wgp0*' -ErrorId 'NotRestartable,*'
            Start-WgTunnel (New-TestConfig wgp1)
            Add-WgPeer wgp1 $key -WarningVariable warned | Out-Null
            $warned | Should -BeNullOrEmpty
            (Get-WgTunnel wgp1).Served | Should -BeFalse
        }

        It 'is not started from a file that is not there' {
            { Start-WgTunnel wgp3 -ErrorAction Stop } | Should -Throw "*'wgp3' is a tunnel that others join, and Start-WgEnrollmentServer wgp3 starts it*" -ErrorId 'ConfigNotFound,*'
            Start-WgTunnel (New-TestConfig wgp3)
        }
    }

    Context 'Revoke-WgPeer' {
        It 'warns once that a window is open, by which whoever is revoked can come back' {
            Start-FakeServer 'join laptop 40, join phone 50'
            $null = Open-WgEnrollment wgp0 -Seconds 600 -NoWait
            Wait-For { (Get-WgEnrollment wgp0).Peers.Count -ge 2 }
            Get-WgPeer wgp0 | Where-Object Name -In laptop, phone | Revoke-WgPeer -Confirm:$false -WarningVariable told -WarningAction SilentlyContinue
            $told | Should -HaveCount 1
            "$told" | Should -BeLike '*window of tunnel*Close-WgEnrollment wgp0*'
            Close-WgEnrollment wgp0
            $null = Open-WgEnrollment wgp0 -Seconds 600 -NoWait
            Wait-For { (Get-WgEnrollment wgp0).Peers.Name -contains 'laptop' }
            Close-WgEnrollment wgp0
            Get-WgPeer wgp0 | Where-Object Name -EQ laptop | Revoke-WgPeer -Confirm:$false -WarningVariable told
            $told | Should -BeNullOrEmpty
        }
    }

    Context 'Watch-WgEvent' {
        It 'tells of windows, of each try, of invitations and of who is revoked, and of no secret' {
            Start-FakeServer 'wrong 10, wait phone 20, refuse tablet 30, join laptop 40, use printer 50'
            $wanted = 'WindowOpened', 'WrongCode', 'JoinWaiting', 'JoinRefused', 'Joined', 'WindowClosed', 'InviteMade', 'InviteRevoked', 'PeerRevoked'
            $shell = [powershell]::Create().AddScript("Import-Module '$(Get-TestModulePath)'; Watch-WgEvent wgp0 -Kind $($wanted -join ',') -Timeout 120")
            $seen = [Management.Automation.PSDataCollection[psobject]]::new()
            $seen.EnumeratorNeverBlocks = $true
            $none = [Management.Automation.PSDataCollection[psobject]]::new()
            $none.Complete()
            $null = $shell.BeginInvoke($none, $seen)
            # It may have come to watch after the first of them.
            Wait-For -Seconds 60 {
                $null = Open-WgEnrollment wgp0 -Seconds 60 -NoWait -Force
                Wait-For { (Get-WgEnrollment wgp0).Peers.Count -ge 2 }
                Close-WgEnrollment wgp0
                $link = New-WgInvite wgp0 -PeerName printer -AsPlainText
                (Get-WgEnrollment wgp0).Invites | Revoke-WgInvite -Confirm:$false
                Get-WgPeer wgp0 | Where-Object Name -In laptop, printer | Revoke-WgPeer -Confirm:$false
                -not ($wanted | Where-Object { $_ -notin @($seen.Kind) })
            }
            $shell.Stop()
            $shell.Dispose()
            $seen | Should -BeOfType WireGuard.WgEvent
            $wrong = @($seen | Where-Object Kind -EQ WrongCode)[0]
            $wrong.Endpoint, $wrong.GuessesLeft, $wrong.Detail | Should -Be '192.0.2.66:666', 2, 'from 192.0.2.66:666'
            $joined = @($seen | Where-Object { $_.Kind -eq 'Joined' -and $_.PeerName -eq 'laptop' })[0]
            $joined.Detail | Should -BeLike '10.150.0.*/24'
            $joined.PublicKey | Should -Not -BeNullOrEmpty
            @($seen | Where-Object { $_.Kind -eq 'Joined' -and $_.PeerName -eq 'printer' })[0].InviteId | Should -Be '00c0ffee12345678'
            @($seen | Where-Object Kind -EQ JoinRefused)[0].Detail | Should -Be 'pool-exhausted'
            @($seen | Where-Object Kind -EQ WindowClosed)[0].Detail | Should -Be 'on-demand'
            ($seen | ConvertTo-Json) + ($seen | Format-List * | Out-String) | Should -Not -Match '493-?027|AQUMExoh'
        }
    }

    Context 'Get-WgEnrollment and Get-WgStatus' {
        It 'tell which tunnels take enrollments, and leave out the others' {
            Start-FakeServer
            Start-WgTunnel (New-TestConfig wgp1)
            (Get-WgEnrollment).Tunnel | Should -Be 'wgp0'
            Get-ErrorId { Get-WgEnrollment wgp1 } | Should -BeLike 'NotServed,*'
            $null = Open-WgEnrollment wgp0 -NoWait -Force
            $states = Get-WgStatus wgp0, wgp1
            $states[0].Enrollment | Should -Be 'Open'
            $states[1].Enrollment | Should -BeNullOrEmpty
            Close-WgEnrollment wgp0
            (Get-WgStatus wgp0).Enrollment | Should -Be 'Closed'
        }

        It 'stays useful as a table, as JSON and across serialisation' {
            Start-FakeServer 'join laptop 10, wait phone 20'
            $null = New-WgInvite wgp0 printer
            $null = Open-WgEnrollment wgp0 -NoWait -Force
            Wait-For { (Get-WgEnrollment wgp0).Waiting.Count -eq 1 }
            $status = Get-WgEnrollment wgp0
            foreach ($thing in $status, $status.Window, $status.Waiting, $status.Pools, $status.Peers, $status.Invites) {
                $text = $thing | Out-String -Width 100
                $text | Should -Match 'wgp0'
                $text -split "`n" | ForEach-Object { $_.TrimEnd().Length | Should -BeLessOrEqual 100 }
                $thing | Format-List | Out-String | Should -Match 'wgp0'
            }
            $json = $status | ConvertTo-Json -Depth 3 | ConvertFrom-Json
            $json.State, $json.Peers[0].Name, $json.Waiting[0].Name, $json.Invites[0].PeerName | Should -Be 'Open', 'laptop', 'phone', 'printer'
            $copy = [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize($status, 3))
            $copy.Waiting[0] | Deny-WgEnrollment
            $copy.Invites[0] | Revoke-WgInvite
            (Get-WgEnrollment wgp0).Invites | Should -BeNullOrEmpty
        }
    }
}

Describe 'about_WireGuard_Enrollment' {
    It 'shows commands and parameters that are there' {
        $about = Get-Content (Join-Path (Get-TestModulePath) 'en-US/about_WireGuard_Enrollment.help.txt')
        $code = ($about | Where-Object { $_ -match '^ {8}\S' }) -join "`n"
        $problems = $null
        $ast = [Management.Automation.Language.Parser]::ParseInput($code, [ref] $null, [ref] $problems)
        $problems | Should -BeNullOrEmpty
        $commands = $ast.FindAll({ $args[0] -is [Management.Automation.Language.CommandAst] }, $true) | Where-Object { $_.GetCommandName() -like '*-Wg*' }
        $commands.Count | Should -BeGreaterThan 12
        foreach ($command in $commands) {
            $known = (Get-Command $command.GetCommandName()).Parameters
            foreach ($element in $command.CommandElements | Where-Object { $_ -is [Management.Automation.Language.CommandParameterAst] }) {
                $element.ParameterName | Should -BeIn (@($known.Keys) + $known.Values.Aliases) -Because $command.Extent.Text
            }
        }
    }
}

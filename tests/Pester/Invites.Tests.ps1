# Invitations, peers that are taken out again, and what completers offer, against an enrollment server that is made up.

BeforeAll {
    . $PSScriptRoot/Common.ps1
    Enter-FakeEngine
    $PSStyle.OutputRendering = 'PlainText'
    $LinkText = 'wg-enroll://vpn.example:51820/AQUMExohKC82PURLUllgZ25_RuD5vJrllXRZ0pq2aEyAAcgIawAAAAD5QpqH'
    function Get-Text($Secure) { $Secure | ConvertFrom-SecureString -AsPlainText }
}

AfterAll {
    $env:WIREGUARD_FAKE_ENROLL = $null
    Get-WgTunnel | Stop-WgTunnel
    Exit-FakeEngine
}

Describe 'Who may come, and who goes' {
    AfterEach {
        $env:WIREGUARD_FAKE_ENROLL = $null
        Get-WgTunnel | Stop-WgTunnel
    }

    Context 'Invitations' {
        It 'are objects that hide their link, and text when asked for' {
            Start-FakeServer
            $invite = New-WgInvite wgp0 -PeerName laptop -ExpiresIn 1d -MaxUses 3
            $invite | Should -BeOfType WireGuard.WgInvite
            $invite.Link | Should -BeOfType securestring
            Get-Text $invite.Link | Should -Be $LinkText
            ($invite | Out-String) + ($invite | Format-List * | Out-String) + "$invite" | Should -Not -Match 'AQUMExoh'
            $invite.UsesLeft, $invite.PeerName | Should -Be 3, 'laptop'
            ($invite.Expires - [DateTimeOffset]::UtcNow).TotalHours | Should -BeGreaterThan 23.9
            $code = $invite | New-WgQrCode -WarningVariable warned -WarningAction SilentlyContinue
            ($code -split "`n")[0].Length | Should -BeGreaterThan 30
            "$warned" | Should -BeLike 'The code is invitation * can join.'
            Get-ErrorId { Get-WgInvite wgp0 | Select-Object -First 1 | New-WgQrCode } | Should -BeLike 'InvalidValue,*'
            New-WgInvite wgp0 -Endpoint other.example:1 -AsPlainText | Should -BeLike 'wg-enroll://other.example:1/*'
            New-WgInvite wgp0 -WhatIf | Should -BeNullOrEmpty
            (Get-WgInvite wgp0).PeerName | Should -Be @('laptop', $null)
            (Get-WgInvite wgp0).Link | Should -Be @($null, $null)
        }

        It 'say once how to come to a link that is hidden' {
            Start-FakeServer
            $null = 'a', 'b' | ForEach-Object { [pscustomobject]@{ PeerName = $_ } } | New-WgInvite wgp0 -InformationVariable said 6>$null
            "$said" | Should -BeLike '*ConvertFrom-SecureString -AsPlainText*'
            $said | Should -HaveCount 1
            "$said" | Should -Not -Match 'AQUM'
            $null = New-WgInvite wgp0 -AsPlainText -InformationVariable none
            $none | Should -BeNullOrEmpty
        }

        It 'come for each row of a table' {
            Start-FakeServer
            $made = "PeerName,ExpiresIn,MaxUses`nlaptop,2h,1`nphone,90m,2" | ConvertFrom-Csv | New-WgInvite wgp0
            $made.PeerName | Should -Be 'laptop', 'phone'
            $made[1].MaxUses | Should -Be 2
            ($made[1].Expires - [DateTimeOffset]::UtcNow).TotalMinutes | Should -BeLessThan 90.1
        }

        It 'are found and revoked by id' {
            Start-FakeServer
            $made = 'a', 'b' | ForEach-Object { New-WgInvite wgp0 $_ }
            (Get-WgInvite wgp0 $made[1].Id).PeerName | Should -Be 'b'
            Get-ErrorId { Get-WgInvite wgp0 0000000000000000 } | Should -BeLike 'EnrollmentNotFound,*'
            Get-WgInvite -Id 0000000000000000 | Should -BeNullOrEmpty
            Revoke-WgInvite wgp0 $made[0].Id -WhatIf
            (Revoke-WgInvite wgp0 $made[0].Id -PassThru).PeerName | Should -Be 'a'
            Get-WgInvite | Revoke-WgInvite
            Get-WgInvite | Should -BeNullOrEmpty
            Get-ErrorId { Revoke-WgInvite wgp0 $made[0].Id } | Should -BeLike 'EnrollmentNotFound,*'
        }

        It 'are refused as the engine refuses them' {
            Start-FakeServer
            Get-ErrorId { New-WgInvite wgp0 -ExpiresIn 30 } | Should -BeLike 'InvalidValue,*'
            Get-ErrorId { New-WgInvite wgp0 -Endpoint 'a b' } | Should -BeLike 'InvalidEndpoint,*'
            Get-ErrorId { New-WgInvite nosuch } | Should -BeLike 'TunnelNotFound,*'
        }
    }

    Context 'Revoke-WgPeer' {
        It 'takes peers out that have joined, from the pipeline and by name, and asks before' {
            Start-FakeServer 'join laptop 10, join phone 20'
            $null = Open-WgEnrollment wgp0 -NoWait -Force
            Wait-For { (Get-WgEnrollment wgp0).Peers.Count -eq 2 }
            Invoke-Pwsh 'Get-WgPeer wgp0 | Revoke-WgPeer' | Should -Match 'NonInteractive|confirm'
            Get-WgPeer wgp0 | Revoke-WgPeer -Force -WhatIf
            Get-WgPeer wgp0 | Should -HaveCount 2
            (Revoke-WgPeer wgp0 phone -Force -PassThru).Name | Should -Be 'phone'
            Get-WgPeer wgp0 | Revoke-WgPeer -Confirm:$false
            (Get-WgEnrollment wgp0).Peers | Should -BeNullOrEmpty
            Get-WgPeer wgp0 | Should -BeNullOrEmpty
        }

        It 'misses who has not joined' {
            Start-FakeServer
            Start-WgTunnel (New-TestConfig wgp1)
            Get-ErrorId { Revoke-WgPeer wgp0 $PeerKeys[0] -Force } | Should -BeLike 'PeerNotFound,*'
            Get-ErrorId { Revoke-WgPeer wgp1 $PeerKeys[0] -Force } | Should -BeLike 'NotServed,*'
            Get-ErrorId { Revoke-WgPeer wgp0 nobody -Force } | Should -BeLike 'PeerNotFound,*'
        }
    }

    Context 'Completion' {
        It 'completes tunnels, invitations and who waits' {
            function Complete([string] $Line) { (TabExpansion2 $Line $Line.Length).CompletionMatches.CompletionText }
            Start-FakeServer 'wait laptop 10'
            $invite = New-WgInvite wgp0 printer
            $null = Open-WgEnrollment wgp0 -NoWait -Force
            Wait-For { (Get-WgEnrollment wgp0).Waiting.Count -eq 1 }
            $fingerprint = (Get-WgEnrollment wgp0).Waiting[0].Fingerprint
            Complete 'Open-WgEnrollment wg' | Should -Be 'wgp0'
            Complete 'Revoke-WgInvite wgp0 ' | Should -Be $invite.Id
            Complete 'Get-WgInvite -Tunnel wgp0 -Id print' | Should -Be $invite.Id
            Complete 'Approve-WgEnrollment wgp0 ' | Should -Be $fingerprint
            Complete 'Deny-WgEnrollment wgp0 -Client lap' | Should -Be $fingerprint
        }
    }
}

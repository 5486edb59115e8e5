# Addresses that are kept for peers, against an enrollment server that is made up. With a real engine they are in EnrollmentLive.Tests.ps1.

BeforeAll {
    . $PSScriptRoot/Common.ps1
    Enter-FakeEngine
    $PSStyle.OutputRendering = 'PlainText'
    $Key = 'TrMvSoP4jYQlY6RIzBgbssQqY3vxI2Pi+y71lOWWXX0='
}

AfterAll {
    $env:WIREGUARD_FAKE_ENROLL = $null
    Get-WgTunnel | Stop-WgTunnel
    Exit-FakeEngine
}

Describe 'Reservations' {
    AfterEach {
        $env:WIREGUARD_FAKE_ENROLL = $null
        Get-WgTunnel | Stop-WgTunnel
    }

    It 'are made for a name or a key, listed, and taken back' {
        Start-FakeServer
        Add-WgReservation wgp0 printer 10.150.0.7 | Should -BeNullOrEmpty
        $made = Add-WgReservation wgp0 -PublicKey $Key -Address '10.150.0.8/24' -PassThru
        $made | Should -BeOfType WireGuard.WgReservation
        $made.PublicKey, $made.Addresses[0], "$made" | Should -Be $Key, '10.150.0.8', $Key
        (Add-WgReservation wgp0 laptop -PassThru).Addresses | Should -Be '10.150.0.102'
        $listed = Get-WgReservation wgp0
        $listed.PeerName | Should -Be 'printer', $null, 'laptop'
        (Get-WgEnrollment wgp0).Reservations | Should -HaveCount 3
        (Get-WgReservation -PeerName p*).PeerName | Should -Be 'printer'
        Get-WgReservation wgp0 nobody | Should -BeNullOrEmpty
        Remove-WgReservation wgp0 printer -WhatIf
        (Remove-WgReservation wgp0 printer -PassThru).Addresses | Should -Be '10.150.0.7'
        Remove-WgReservation wgp0 -Address 10.150.0.102
        Get-WgReservation | Remove-WgReservation
        Get-WgReservation wgp0 | Should -BeNullOrEmpty
        Add-WgReservation wgp0 printer -WhatIf
        Get-WgReservation wgp0 | Should -BeNullOrEmpty
    }

    It 'come for each row of a table, and for each peer that is in' {
        Start-FakeServer 'join laptop 10, join phone 20'
        $null = Open-WgEnrollment wgp0 -NoWait
        Wait-For { (Get-WgEnrollment wgp0).Peers.Count -eq 2 }
        "PeerName,Address`nprinter,10.150.0.50`nscanner,10.150.0.51" | ConvertFrom-Csv | Add-WgReservation wgp0
        (Get-WgReservation wgp0).PeerName | Should -Be 'printer', 'scanner'
        $made = (Get-WgEnrollment wgp0).Peers | Add-WgReservation -PassThru
        $made.Addresses | Should -Be '10.150.0.2', '10.150.0.3'
        $made.PublicKey | Should -Be (Get-WgEnrollment wgp0).Peers.PublicKey
        $made.PeerName | Should -Be @($null, $null)
    }

    It 'are refused as the engine refuses them, and before it is asked where it cannot be' {
        Start-FakeServer
        Start-WgTunnel (New-TestConfig wgp1)
        Add-WgReservation wgp0 printer 10.150.0.7
        Get-ErrorId { Add-WgReservation wgp0 other 10.150.0.7 } | Should -BeLike 'EnrollmentRefused,*'
        Get-ErrorId { Add-WgReservation wgp0 other 10.9.0.7 } | Should -BeLike 'InvalidValue,*'
        Get-ErrorId { Add-WgReservation wgp0 other nowhere } | Should -BeLike 'InvalidValue,*'
        Get-ErrorId { Add-WgReservation wgp0 } | Should -BeLike 'InvalidValue,*'
        Get-ErrorId { Add-WgReservation wgp0 -PublicKey short } | Should -BeLike 'InvalidKey,*'
        Get-ErrorId { Add-WgReservation wgp1 printer } | Should -BeLike 'NotServed,*'
        Get-ErrorId { Add-WgReservation nosuch printer } | Should -BeLike 'TunnelNotFound,*'
        Get-ErrorId { Add-WgReservation 'no name' printer } | Should -BeLike 'InvalidTunnelName,*'
        Get-ErrorId { Remove-WgReservation wgp0 nobody } | Should -BeLike 'EnrollmentNotFound,*'
        Get-ErrorId { Remove-WgReservation wgp0 } | Should -BeLike 'InvalidValue,*'
        Get-ErrorId { Get-WgReservation wgp1 } | Should -BeLike 'NotServed,*'
        Get-ErrorId { Get-WgReservation wgp0 '[' } | Should -BeLike 'InvalidValue,*'
        (Get-WgReservation wgp0 'pr*', PRINTER, nobody).PeerName | Should -Be 'printer'
        (Get-WgReservation).PeerName | Should -Be 'printer'
    }

    It 'stay useful as a table, as a list, as JSON and across serialisation' {
        Start-FakeServer
        $made = Add-WgReservation wgp0 printer 10.150.0.7 -PassThru
        ($made | Out-String -Width 100) | Should -Match 'wgp0.*printer.*10\.150\.0\.7'
        ($made | Format-List | Out-String) | Should -Match 'PeerName\s+: printer'
        (Get-WgEnrollment wgp0 | Format-List | Out-String) | Should -Match 'Reservations : 1'
        ($made | ConvertTo-Json | ConvertFrom-Json).Addresses | Should -Be '10.150.0.7'
        [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize($made)) | Remove-WgReservation
        Get-WgReservation wgp0 | Should -BeNullOrEmpty
    }

    It 'are completed, as are the tunnels that others join' {
        function Complete([string] $Line) { (TabExpansion2 $Line $Line.Length).CompletionMatches.CompletionText }
        Start-FakeServer
        Start-WgTunnel (New-TestConfig wgp1)
        Add-WgReservation wgp0 printer 10.150.0.7
        # The first one loads what the others need, within its bounded time.
        $null = Complete 'Get-WgReservation -Tunnel wgp0 -PeerName pr'
        Complete 'Remove-WgReservation wgp0 ' | Should -Be 'printer'
        Complete 'Get-WgReservation -Tunnel wgp0 -PeerName pr' | Should -Be 'printer'
        foreach ($command in 'Open-WgEnrollment', 'Close-WgEnrollment', 'Get-WgEnrollment', 'Approve-WgEnrollment', 'New-WgInvite', 'Get-WgInvite', 'Revoke-WgInvite', 'Revoke-WgPeer', 'Add-WgReservation') {
            # A tunnel that does not say in time that nobody joins it is offered, too.
            Wait-For { @(Complete "$command wgp") -join ' ' -eq 'wgp0' }
        }
        $env:WIREGUARD_ENGINE_STATE_DIR = "$Work/state"
        $null = New-Item -ItemType Directory "$Work/state/wgp7"
        try { Complete 'Start-WgEnrollmentServer wgp' | Should -Be 'wgp7' } finally { $env:WIREGUARD_ENGINE_STATE_DIR = $null }
    }
}

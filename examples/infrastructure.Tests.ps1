# What has to hold on this host, for Pester 5:
#   $container = New-PesterContainer -Path ./infrastructure.Tests.ps1 -Data @{ Tunnel = 'wg0'; Reach = '192.168.10.0/24' }
#   Invoke-Pester -Container $container

[Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSReviewUnusedParameter', '', Justification = 'Pester has them in every block.')]
param(
    [string] $Tunnel = 'wg0',
    [string[]] $Reach = '10.0.0.2'
)

BeforeAll {
    if (-not (Get-Module WireGuard)) { Import-Module WireGuard }
    Import-Module (Join-Path (Get-Module WireGuard).ModuleBase Pester/WireGuard.Pester.psm1)
}

Describe "Tunnel <Tunnel>" {
    It 'is up' { (Get-WgTunnel $Tunnel).State | Should -Be 'Up' }

    It 'has a peer that it sends <Reach> to' { Get-WgPeer $Tunnel | Should -AllowIP $Reach }

    It 'does not send everything away' { Get-WgPeer $Tunnel | Should -Not -AllowIP 0.0.0.0/0, ::/0 }

    It 'has heard from each peer within five minutes' { Get-WgPeer $Tunnel | Should -HaveRecentHandshake -Within 00:05:00 }
}

@{
    RootModule           = 'WireGuardPS.dll'
    # Stamped at build from Directory.Build.props; a test holds the two together.
    ModuleVersion        = '0.1.0'
    GUID                 = '3d0c5bd1-7f0e-4a57-9f0b-5a4c0c8f6f2e'
    Author               = 'WireGuard for PowerShell maintainers'
    CompanyName          = 'WireGuard for PowerShell maintainers'
    Copyright            = 'MIT licence. "WireGuard" is a registered trademark of Jason A. Donenfeld.'
    Description          = 'Runs and administers WireGuard tunnels from PowerShell, with an engine of its own that lives outside the shell.'
    CompatiblePSEditions = @('Core')
    PowerShellVersion    = '7.6'
    FormatsToProcess     = @('WireGuard.Format.ps1xml')
    TypesToProcess       = @('WireGuard.Types.ps1xml')
    CmdletsToExport      = @(
        'Add-WgPeer'
        'Add-WgReservation'
        'Approve-WgEnrollment'
        'Close-WgEnrollment'
        'ConvertFrom-WgConfig'
        'ConvertTo-WgConfig'
        'ConvertTo-WgDump'
        'Deny-WgEnrollment'
        'Export-WgConfig'
        'Get-WgEnrollment'
        'Get-WgInvite'
        'Get-WgPeer'
        'Get-WgPublicKey'
        'Get-WgReservation'
        'Get-WgStatus'
        'Get-WgTunnel'
        'Import-WgConfig'
        'Import-WgTopology'
        'Join-WgNetwork'
        'Measure-WgTunnel'
        'New-WgInvite'
        'New-WgKey'
        'New-WgMesh'
        'New-WgPresharedKey'
        'New-WgQrCode'
        'Open-WgEnrollment'
        'Register-WgService'
        'Remove-WgPeer'
        'Remove-WgReservation'
        'Resolve-WgAllowedIP'
        'Restart-WgTunnel'
        'Revoke-WgInvite'
        'Revoke-WgPeer'
        'Save-WgTunnel'
        'Set-WgPeer'
        'Set-WgTunnel'
        'Start-WgEnrollmentServer'
        'Start-WgTunnel'
        'Stop-WgTunnel'
        'Sync-WgConfig'
        'Test-WgConfig'
        'Test-WgTunnel'
        'Unregister-WgService'
        'Update-WgKey'
        'Wait-WgHandshake'
        'Watch-WgEvent'
    )
    FunctionsToExport    = @()
    AliasesToExport      = @()
    VariablesToExport    = @()
    PrivateData          = @{
        PSData = @{
            Tags = @('WireGuard', 'VPN', 'Tunnel', 'Network', 'Linux', 'PSEdition_Core')
        }
    }
}

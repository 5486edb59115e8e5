<#
.SYNOPSIS
    Should operators for tunnels and peers, for Pester 5.
.DESCRIPTION
    Get-WgPeer wg0 | Should -HaveRecentHandshake -Within 00:05:00
    Get-WgPeer wg0 -PeerName office | Should -AllowIP 192.168.10.0/24, 10.0.0.7
.EXAMPLE
    Import-Module (Join-Path (Get-Module WireGuard).ModuleBase Pester/WireGuard.Pester.psm1)
#>

# Peers, or those of tunnels; anything else is a mistake of the test.
function Resolve-Peer($Values) {
    foreach ($value in $Values) {
        if ($value -is [WireGuard.WgTunnel]) { $value.Peers }
        elseif ($value -is [WireGuard.WgPeer]) { $value }
        else { throw [ArgumentException]::new("A WgPeer or WgTunnel is expected, from Get-WgPeer or Get-WgTunnel, not '$(if ($null -eq $value) { 'nothing' } else { $value.GetType().Name })'.") }
    }
}

function Get-Verdict([bool] $Succeeded, [string] $Message, [string] $Because) {
    $reason = if ($Because) { ', because ' + ($Because -replace '^because\s+', '') } else { '' }
    [pscustomobject]@{ Succeeded = $Succeeded; FailureMessage = if (-not $Succeeded) { "$Message$reason." } }
}

function Test-HaveRecentHandshake {
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSReviewUnusedParameter', 'CallerSessionState', Justification = 'Pester gives it to every operator.')]
    param($ActualValue, [switch] $Negate, [timespan] $Within = '00:03:00', [string] $Because, $CallerSessionState)

    $peers = @(Resolve-Peer $ActualValue)
    if (-not $peers) { return Get-Verdict $false 'Expected a peer, but there is none' $Because }
    $wrong = @($peers | Where-Object { ($_.HandshakeAge -le $Within) -eq [bool]$Negate })
    $told = $wrong | ForEach-Object { "'$_' of tunnel '$($_.Tunnel)' ($([WireGuard.WgDisplay]::Age($_.HandshakeAge)))" }
    Get-Verdict (-not $wrong) "Expected $(if ($Negate) { 'no ' } else { 'a ' })handshake within the last $([WireGuard.WgDisplay]::Age($Within)), but had $(if ($Negate) { 'one' } else { 'none' }) with $($told -join ', ')" $Because
}

function Test-AllowIP {
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSReviewUnusedParameter', 'CallerSessionState', Justification = 'Pester gives it to every operator.')]
    param($ActualValue, [Parameter(Mandatory, Position = 0)] [string[]] $AllowedIP, [switch] $Negate, [string] $Because, $CallerSessionState)

    $peers = @(Resolve-Peer $ActualValue)
    if (-not $peers) { return Get-Verdict $false 'Expected a peer, but there is none' $Because }
    $allowed = $peers.AllowedIPs | ForEach-Object { [Net.IPNetwork]::Parse($_) }
    $wrong = foreach ($text in $AllowedIP) {
        $address, $length = $text -split '/'
        $parsed = [Net.IPAddress]::Parse($address)
        if (-not $length) { $length = if ($parsed.AddressFamily -eq 'InterNetworkV6') { 128 } else { 32 } }
        $isAllowed = [bool]($allowed | Where-Object { $_.Contains($parsed) -and $_.PrefixLength -le [int]$length })
        if ($isAllowed -eq [bool]$Negate) { $text }
    }
    Get-Verdict (-not $wrong) "Expected $(if ($Negate) { 'none' } else { 'all' }) of $($AllowedIP -join ', ') to be allowed by $($peers -join ', '), but $($wrong -join ', ') $(if (@($wrong).Count -gt 1) { 'are' } else { 'is' })$(if (-not $Negate) { ' not' })" $Because
}

foreach ($operator in 'HaveRecentHandshake', 'AllowIP') {
    # Pester keeps operators for the whole session, and takes each once.
    if (-not (Get-ShouldOperator | Where-Object Name -eq $operator)) {
        Add-ShouldOperator -Name $operator -Test (Get-Command "Test-$operator" -CommandType Function).ScriptBlock -SupportsArrayInput
    }
}

Export-ModuleMember

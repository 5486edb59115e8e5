# What PSScriptAnalyzer says of the repository's scripts, where it is installed. It does not see binary cmdlets: the unit tests restate its
# rules for those.

BeforeDiscovery {
    . $PSScriptRoot/Common.ps1
    $Reason = if (-not (Get-Module -ListAvailable PSScriptAnalyzer)) { 'PSScriptAnalyzer is not installed' }
    $Root = (Resolve-Path $PSScriptRoot/../..).Path
    # The manifest names files that are beside it in the built module only.
    $Scripts = @(
        Get-ChildItem $Root -Recurse -File -Include *.ps1, *.psm1, *.psd1 | Where-Object FullName -NotMatch '/(out|bin|obj)/' |
            Where-Object Name -NE WireGuard.psd1 | ForEach-Object { @{ Name = [IO.Path]::GetRelativePath($Root, $_.FullName); Path = $_.FullName } }
        @{ Name = 'WireGuard.psd1'; Path = Join-Path (Get-TestModulePath) WireGuard.psd1 }
    )
}

Describe "Scripts$(if ($Reason) { " (skipped: $Reason)" })" -Skip:([bool]$Reason) {
    BeforeAll {
        Import-Module PSScriptAnalyzer
        # Helpers are read where they are called: their arguments speak for themselves.
        $Everywhere = 'PSAvoidUsingPositionalParameters'
        # Pester's blocks share variables in a way that the rules do not see; keys of tests are no secrets; helpers change nothing but the test's
        # own, and are called what they do.
        $InTests = 'PSUseDeclaredVarsMoreThanAssignments', 'PSReviewUnusedParameter', 'PSAvoidUsingConvertToSecureStringWithPlainText',
            'PSUseShouldProcessForStateChangingFunctions', 'PSAvoidUsingInvokeExpression', 'PSUseSingularNouns', 'PSUseBOMForUnicodeEncodedFile'
    }

    It 'are found' -ForEach @{ Count = $Scripts.Count } { $Count | Should -BeGreaterThan 30 }

    It '<Name> is as PSScriptAnalyzer has it' -ForEach $Scripts {
        $excluded = @($Everywhere) + $(if ($Name -like 'tests/*') { $InTests })
        Invoke-ScriptAnalyzer $Path -ExcludeRule $excluded | ForEach-Object { "$($_.ScriptName):$($_.Line): $($_.RuleName): $($_.Message)" } | Should -BeNullOrEmpty
    }
}

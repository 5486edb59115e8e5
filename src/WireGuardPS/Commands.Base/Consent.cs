using System.Management.Automation;

namespace WireGuard.Commands;

/// <summary>Whether something that deserves a question may be done.</summary>
internal static class Consent
{
    /// <param name="force">Takes the place of the answer; -WhatIf and -Confirm hold all the same.</param>
    internal static bool Consents(this PSCmdlet cmdlet, string target, string action, bool force) =>
        force && !IsAsked(cmdlet, "Confirm", false) && !cmdlet.IsWhatIf()
            || cmdlet.ShouldProcess(target, action);

    /// <summary>Nothing is to be done.</summary>
    internal static bool IsWhatIf(this PSCmdlet cmdlet) => IsAsked(cmdlet, "WhatIf", LanguagePrimitives.IsTrue(cmdlet.GetVariableValue("WhatIfPreference")));

    /// <summary>Whether the question of ConfirmImpact High is asked, of a cmdlet that has less.</summary>
    internal static bool AsksOfHighImpact(this PSCmdlet cmdlet) =>
        !cmdlet.IsWhatIf() && !cmdlet.MyInvocation.BoundParameters.ContainsKey("Confirm")
        && LanguagePrimitives.TryConvertTo<ConfirmImpact>(cmdlet.GetVariableValue("ConfirmPreference"), out var from) && from != ConfirmImpact.None;

    private static bool IsAsked(PSCmdlet cmdlet, string parameter, bool preference) =>
        cmdlet.MyInvocation.BoundParameters.TryGetValue(parameter, out var given) ? given is SwitchParameter { IsPresent: true } : preference;
}

using System.Management.Automation;

namespace WireGuard.Commands;

/// <summary>Whether something that deserves a question may be done.</summary>
internal static class Consent
{
    /// <param name="force">Takes the place of the answer; -WhatIf and -Confirm hold all the same.</param>
    internal static bool Consents(this PSCmdlet cmdlet, string target, string action, bool force) =>
        force && !IsAsked(cmdlet, "Confirm", false) && !IsAsked(cmdlet, "WhatIf", cmdlet.GetVariableValue("WhatIfPreference") is true)
            || cmdlet.ShouldProcess(target, action);

    private static bool IsAsked(PSCmdlet cmdlet, string parameter, bool preference) =>
        cmdlet.MyInvocation.BoundParameters.TryGetValue(parameter, out var given) ? given is SwitchParameter { IsPresent: true } : preference;
}

using System.Management.Automation;

namespace WireGuard.Binding;

/// <summary>More than nothing and no more than a day.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class ValidateTimeoutAttribute : ValidateArgumentsAttribute
{
    protected override void Validate(object arguments, EngineIntrinsics engineIntrinsics)
    {
        if (!IsValid(arguments))
            throw new ValidationMetadataException("A timeout is longer than nothing and at most a day; a bare number counts seconds.");
    }

    internal static bool IsValid(object arguments) =>
        arguments is TimeSpan timeout && timeout > TimeSpan.Zero && timeout <= TimeSpan.FromDays(1);
}

using System.Globalization;
using System.Management.Automation;

namespace WireGuard.Binding;

/// <summary>
/// Makes a bare number a count of seconds. PowerShell itself would take 10 for ten ticks (a microsecond) and "10" for
/// ten days.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class DurationTransformationAttribute : ArgumentTransformationAttribute
{
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) => Transform(inputData);

    internal static object Transform(object inputData)
    {
        var value = KeyTransformationAttribute.Unwrap(inputData);
        double? seconds = value switch
        {
            int or long or short or ushort or byte or uint or double or float or decimal => Convert.ToDouble(value, CultureInfo.InvariantCulture),
            string text when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => number,
            _ => null,
        };
        return seconds is { } s && Math.Abs(s) < TimeSpan.MaxValue.TotalSeconds ? TimeSpan.FromSeconds(s) : inputData;
    }
}

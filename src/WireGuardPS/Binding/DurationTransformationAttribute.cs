using System.Globalization;
using System.Management.Automation;

namespace WireGuard.Binding;

/// <summary>
/// Makes a bare number a count of seconds, and takes 90s, 15m, 12h and 1d. PowerShell itself would take 10 for ten ticks
/// (a microsecond), "10" for ten days, and 1d for the number one.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class DurationTransformationAttribute : ArgumentTransformationAttribute
{
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) => Transform(inputData);

    internal static object Transform(object inputData)
    {
        var value = KeyTransformationAttribute.Unwrap(inputData);
        // What was typed as an argument is kept beside the number that it was taken for.
        if (value is string or decimal && inputData.ToString() is [.. var number, var unit] && SecondsIn(unit) is > 0 and var each
            && double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var count))
            return FromSeconds(count * each) ?? inputData;
        double? seconds = value switch
        {
            int or long or short or ushort or byte or uint or double or float or decimal => Convert.ToDouble(value, CultureInfo.InvariantCulture),
            string text when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var bare) => bare,
            _ => null,
        };
        if (FromSeconds(seconds) is { } duration)
            return duration;
        // PowerShell's own words would be .NET's.
        if (value is string words && !TimeSpan.TryParse(words, CultureInfo.InvariantCulture, out _))
            throw new ArgumentTransformationMetadataException($"'{words}' is no duration: write seconds, or a number with one of the units s, m, h and d, as 90s, 15m, 12h or 1d.");
        return inputData;
    }

    private static double SecondsIn(char unit) => unit switch { 's' => 1, 'm' => 60, 'h' => 3600, 'd' => 86_400, _ => 0 };

    private static object? FromSeconds(double? seconds) =>
        seconds is { } s && Math.Abs(s) < TimeSpan.MaxValue.TotalSeconds ? TimeSpan.FromSeconds(s) : null;
}

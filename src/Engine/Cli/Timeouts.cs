using System.CommandLine;
using System.Globalization;

namespace WireGuard.Engine.Cli;

/// <summary>Options that say how long to wait.</summary>
internal static class Timeouts
{
    private const double Longest = 86_400;

    public static Option<double> Option(string name, string description, TimeSpan usual)
    {
        var option = new Option<double>(name) { Description = description, HelpName = "S", DefaultValueFactory = _ => usual.TotalSeconds };
        option.Validators.Add(result =>
        {
            // What is no number at all is refused by the option itself.
            if (result.Tokens is [var token] && double.TryParse(token.Value, CultureInfo.InvariantCulture, out var seconds) && seconds is not (> 0 and <= Longest))
                result.AddError($"{name} is a number of seconds, more than 0.");
        });
        return option;
    }
}

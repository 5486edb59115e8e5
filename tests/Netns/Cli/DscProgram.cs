using System.Text.Json.Nodes;
using WireGuard.Tests.Interop;

namespace WireGuard.Tests.Cli;

/// <summary>The engine's verb `dsc` on a host, as DSC runs it; about that host's tunnel.</summary>
internal sealed class DscProgram(Host host)
{
    /// <summary>What it writes; the tunnel's name comes into the desired state by itself.</summary>
    public string[] Lines(string arguments, string desired)
    {
        var name = $"\"{(arguments.StartsWith("peer", StringComparison.Ordinal) ? "tunnel" : "name")}\":\"{host.Interface}\"";
        var result = Run(arguments, desired.Length == 0 ? "" : $"{{{name}{(desired == "{}" ? "" : ",")}{desired[1..]}");
        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Empty(result.Error);
        return result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>The one state that it writes.</summary>
    public JsonNode Single(string arguments, string desired) => JsonNode.Parse(Assert.Single(Lines(arguments, desired)))!;

    /// <summary>The state and the differences that it writes.</summary>
    public (JsonNode State, string[] Properties) Outcome(string arguments, string desired)
    {
        var lines = Lines(arguments, desired);
        Assert.Equal(2, lines.Length);
        return (JsonNode.Parse(lines[0])!, [.. JsonNode.Parse(lines[1])!.AsArray().Select(p => (string)p!)]);
    }

    /// <param name="input">NAME becomes the tunnel's.</param>
    public ProcessResult Run(string arguments, string input) => host.Namespace.TryRun(
        "sh", "-c", "printf %s \"$1\" | \"$2\" dsc $3", "sh", input.Replace("NAME", host.Interface, StringComparison.Ordinal), InteropRequirement.Engine!, arguments);
}

using System.Globalization;

namespace WireGuard.Engine.Cli.Demo;

/// <summary>One end of the demonstration's tunnel, as the table at its end shows it.</summary>
/// <param name="Throughput">Bits a second that this end received.</param>
internal sealed record DemoEnd(string Name, string Endpoint, DateTimeOffset? LastHandshake, ulong RxBytes, ulong TxBytes, double? Throughput);

/// <summary>The demonstration's output.</summary>
internal static class DemoReport
{
    public static void WriteTable(TextWriter output, IEnumerable<DemoEnd> ends, DateTimeOffset now)
    {
        string[][] rows =
        [
            ["tunnel", "peer's endpoint", "latest handshake", "received", "sent", "rate in"],
            .. ends.Select(e => (string[])
            [
                e.Name,
                e.Endpoint,
                e.LastHandshake is { } handshake ? HumanText.Ago(now - handshake) : "never",
                HumanText.Bytes(e.RxBytes),
                HumanText.Bytes(e.TxBytes),
                e.Throughput is { } bits ? Rate(bits) : "-",
            ]),
        ];
        var widths = Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(r => r[column].Length)).ToArray();
        foreach (var row in rows)
            output.WriteLine("  " + string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
    }

    /// <summary>"812 Mbit/s".</summary>
    public static string Rate(double bitsPerSecond) => bitsPerSecond >= 1e9
        ? string.Create(CultureInfo.InvariantCulture, $"{bitsPerSecond / 1e9:0.00} Gbit/s")
        : string.Create(CultureInfo.InvariantCulture, $"{bitsPerSecond / 1e6:0} Mbit/s");

    public static string Milliseconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0.00} ms");
}

namespace WireGuard.Bench.EndToEnd;

/// <summary>One figure of the comparison.</summary>
/// <param name="Format">Of the figure, .NET's.</param>
/// <param name="LessIsBetter">Whether a smaller one wins.</param>
/// <param name="Goals">Ratio against <paramref name="Against"/>: first, then; null: none.</param>
/// <param name="Against">The other implementation; null: the best of the others.</param>
internal sealed record Column(string Name, string Unit, string Format, bool LessIsBetter, (double First, double Then)? Goals, string? Against)
{
    public static readonly Column Tcp = new("TCP", "Gbit/s", "0.00", false, (2, 3), Contender.WireGuardGo);
    public static readonly Column PerCpu = new("TCP, for each CPU-second of both daemons", "Gbit", "0.00", false, (2, 3), Contender.WireGuardGo);
    public static readonly Column Tcp4 = new("TCP, four streams", "Gbit/s", "0.00", false, (2, 3), Contender.WireGuardGo);
    public static readonly Column Reverse = new("TCP, reverse", "Gbit/s", "0.00", false, (2, 3), Contender.WireGuardGo);
    public static readonly Column SmallUdp = new("UDP of 64 bytes received", "kpps", "0", false, (1.5, 2.5), null);
    public static readonly Column RoundTrip = new("request and response, median", "µs", "0", true, (1, 0.8), Contender.BoringTun);
    public static readonly Column Paced = new("CPU of both daemons for 400 Mbit/s during 5 s", "s", "0.00", true, (0.6, 0.4), Contender.WireGuardGo);
    public static readonly Column Memory = new("resident memory at the peak, one daemon", "MiB", "0", true, null, null);

    public static readonly IReadOnlyList<Column> All = [Tcp, PerCpu, Tcp4, Reverse, SmallUdp, RoundTrip, Paced, Memory];
}

using System.Globalization;

namespace WireGuard.Bench.EndToEnd;

/// <summary>Figures of all repetitions, and what they come to.</summary>
internal sealed class Results(IReadOnlyList<Contender> contenders)
{
    private readonly Dictionary<string, List<Dictionary<Column, double>>> _repetitions = contenders.ToDictionary(c => c.Name, _ => new List<Dictionary<Column, double>>());

    public void Add(Contender contender, Dictionary<Column, double> figures) => _repetitions[contender.Name].Add(figures);

    /// <summary>A row a figure: each contender's, then the ratio and the goals.</summary>
    public IReadOnlyList<string[]> Table()
    {
        var rows = new List<string[]> { (string[])["", .. contenders.Select(c => c.Name), "ratio", "goals"] };
        foreach (var column in Column.All)
            rows.Add([$"{column.Name} ({column.Unit})", .. contenders.Select(c => Text(column, c)), Ratio(column), column.Goals is { } goals ? Invariant($"{goals.First:0.0#}, {goals.Then:0.0#}") : ""]);
        return rows;
    }

    /// <summary>A row a figure: each contender's, then the ratio of one to another.</summary>
    public IReadOnlyList<string[]> Table(Contender one, Contender other)
    {
        var rows = new List<string[]> { (string[])["", .. contenders.Select(c => c.Name), "ratio"] };
        foreach (var column in Column.All)
            rows.Add([$"{column.Name} ({column.Unit})", .. contenders.Select(c => Text(column, c)), Ratio(column, one.Name, other.Name)]);
        return rows;
    }

    /// <summary>The names that ratios are taken against.</summary>
    public IEnumerable<string> ComparedWith() =>
        Column.All.Select(Rival).OfType<string>().Distinct(StringComparer.Ordinal).DefaultIfEmpty("none");

    public IReadOnlyList<BarChart.Panel> Panels() =>
    [
        .. Column.All.Select(column => new BarChart.Panel(
            $"{column.Name} ({column.Unit}), {(column.LessIsBetter ? "less is better" : "more is better")}",
            column.Format,
            [.. contenders.Where(c => c.Name != Contender.Bare && Figures(column, c.Name).Count > 0).Select(c =>
            {
                var (median, min, max) = Sample.Of(Figures(column, c.Name));
                return new BarChart.Bar(c.Name, median, min, max, c.Name == Contender.Ours);
            })])),
    ];

    /// <summary>Whom a figure is compared with: the one that the goal names, else the best of the others; null: there is none.</summary>
    private string? Rival(Column column)
    {
        var others = contenders.Where(c => c.Program is not null && c.Name != Contender.Ours && Figures(column, c.Name).Count > 0).Select(c => c.Name).ToList();
        if (column.Against is { } named && others.Contains(named))
            return named;
        return column.LessIsBetter
            ? others.MinBy(name => Sample.Of(Figures(column, name)).Median)
            : others.MaxBy(name => Sample.Of(Figures(column, name)).Median);
    }

    private string Ratio(Column column) =>
        Rival(column) is { } rival && Figures(column, Contender.Ours).Count > 0 ? $"{Ratio(column, Contender.Ours, rival)} to {rival}" : "";

    private string Ratio(Column column, string one, string other)
    {
        var (median, min, max) = Sample.Of(Figures(column, one).Zip(Figures(column, other), (first, second) => first / second));
        return Invariant($"{median:0.00} ({min:0.00}-{max:0.00})");
    }

    private string Text(Column column, Contender contender)
    {
        var figures = Figures(column, contender.Name);
        if (figures.Count == 0)
            return "-";
        var (median, min, max) = Sample.Of(figures);
        string Format(double value) => value.ToString(column.Format, CultureInfo.InvariantCulture);
        return $"{Format(median)} ({Format(min)}-{Format(max)})";
    }

    private List<double> Figures(Column column, string name) =>
        [.. _repetitions[name].Where(figures => figures.ContainsKey(column)).Select(figures => figures[column])];

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

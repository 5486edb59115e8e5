using System.Text;

namespace WireGuard.Bench;

/// <summary>A table of the document, or the reason why it could not be measured.</summary>
internal sealed record Section(string Title, string Explanation, IReadOnlyList<string[]> Rows)
{
    public static Section NotMeasured(string title, string reason) => new(title, $"Not measured: {reason}.", []);

    public string ToMarkdown()
    {
        var text = new StringBuilder().Append("### ").Append(Title).Append('\n').Append(Explanation).Append('\n');
        for (var i = 0; i < Rows.Count; i++)
        {
            text.Append(i == 0 ? "\n| " : "| ").AppendJoin(" | ", Rows[i]).Append(" |\n");
            if (i == 0)
                text.Append('|').Insert(text.Length, "---|", Rows[0].Length).Append('\n');
        }

        return text.ToString();
    }
}

internal static class Sample
{
    /// <summary>Median, fastest and slowest of repeated runs.</summary>
    public static (double Median, double Min, double Max) Of(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[sorted.Length / 2], sorted[0], sorted[^1]);
    }
}

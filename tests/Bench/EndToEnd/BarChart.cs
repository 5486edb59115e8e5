using System.Globalization;
using System.Security;
using System.Text;

namespace WireGuard.Bench.EndToEnd;

/// <summary>Panels of horizontal bars with their ranges, as SVG that reads on light and on dark pages.</summary>
internal static class BarChart
{
    private const int Width = 760;
    private const int LabelWidth = 150;
    private const int ValueWidth = 70;
    private const int BarHeight = 14;
    private const int RowHeight = 20;
    private const int TitleHeight = 22;
    private const int Gap = 14;

    private const string Style = """
        text{font:12px system-ui,sans-serif;fill:#24292f}.title{font-weight:600}.ours{fill:#1f6feb}.other{fill:#8c959f}.range{stroke:#24292f;stroke-width:1.5}
        @media(prefers-color-scheme:dark){text{fill:#e6edf3}.range{stroke:#e6edf3}.ours{fill:#58a6ff}.other{fill:#6e7681}}
        """;

    /// <param name="Format">Of the numbers, .NET's.</param>
    internal sealed record Panel(string Title, string Format, IReadOnlyList<Bar> Bars);

    internal sealed record Bar(string Label, double Median, double Min, double Max, bool IsOurs);

    public static string Draw(IReadOnlyList<Panel> panels)
    {
        var drawn = panels.Where(panel => panel.Bars.Count > 0).ToList();
        var height = drawn.Sum(panel => TitleHeight + (panel.Bars.Count * RowHeight) + Gap);
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {height}\" width=\"{Width}\" height=\"{height}\" role=\"img\">\n");
        svg.Append("<title>Benchmarks</title>\n<style>").Append(Style).Append("</style>\n");
        var y = 0;
        foreach (var panel in drawn)
        {
            Draw(svg, panel, y);
            y += TitleHeight + (panel.Bars.Count * RowHeight) + Gap;
        }

        return svg.Append("</svg>\n").ToString();
    }

    private static void Draw(StringBuilder svg, Panel panel, int y)
    {
        svg.Append(CultureInfo.InvariantCulture, $"<text class=\"title\" x=\"0\" y=\"{y + 14}\">{SecurityElement.Escape(panel.Title)}</text>\n");
        var largest = panel.Bars.Max(bar => bar.Max);
        var scale = largest > 0 ? (Width - LabelWidth - ValueWidth) / largest : 0;
        for (var i = 0; i < panel.Bars.Count; i++)
        {
            var bar = panel.Bars[i];
            var top = y + TitleHeight + (i * RowHeight);
            var middle = top + (BarHeight / 2);
            var (start, end) = (LabelWidth + (bar.Min * scale), LabelWidth + (bar.Max * scale));
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"0\" y=\"{top + 11}\">{SecurityElement.Escape(bar.Label)}</text>\n");
            svg.Append(CultureInfo.InvariantCulture, $"<rect class=\"{(bar.IsOurs ? "ours" : "other")}\" x=\"{LabelWidth}\" y=\"{top}\" width=\"{bar.Median * scale:0.#}\" height=\"{BarHeight}\"/>\n");
            svg.Append(CultureInfo.InvariantCulture, $"<path class=\"range\" fill=\"none\" d=\"M{start:0.#} {middle - 3}v6M{start:0.#} {middle}H{end:0.#}M{end:0.#} {middle - 3}v6\"/>\n");
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{end + 6:0.#}\" y=\"{top + 11}\">{bar.Median.ToString(panel.Format, CultureInfo.InvariantCulture)}</text>\n");
        }
    }
}

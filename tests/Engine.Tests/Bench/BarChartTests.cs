using System.Globalization;
using System.Xml.Linq;
using WireGuard.Bench.EndToEnd;

namespace WireGuard.Tests.Bench;

public sealed class BarChartTests
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    [Fact]
    public void Bars_have_the_proportions_of_their_medians_and_lie_within_the_picture()
    {
        var picture = Parse([new("TCP & <more>", "0.00", [new("this engine", 4, 3, 5, true), new("other", 2, 1.5, 2.5, false), new("none", 0, 0, 0, false)])]);
        var bars = picture.Descendants(Svg + "rect").Select(bar => (Class: (string)bar.Attribute("class")!, Width: (double)bar.Attribute("width")!)).ToList();
        Assert.Equal(["ours", "other", "other"], bars.Select(bar => bar.Class));
        Assert.Equal(bars[0].Width, 2 * bars[1].Width, 0.2);
        Assert.Equal(0, bars[2].Width);
        Assert.Contains(picture.Descendants(Svg + "text"), text => text.Value == "TCP & <more>");
        Assert.Contains(picture.Descendants(Svg + "text"), text => text.Value == "4.00");
        var (width, height) = ((double)picture.Attribute("width")!, (double)picture.Attribute("height")!);
        Assert.All(picture.Descendants(Svg + "text"), text => Assert.InRange((double)text.Attribute("x")!, 0, width - 40));
        Assert.All(picture.Descendants(Svg + "text"), text => Assert.InRange((double)text.Attribute("y")!, 0, height));
    }

    [Fact]
    public void Numbers_are_those_of_SVG_in_every_culture()
    {
        var before = CultureInfo.CurrentCulture;
        var withComma = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        withComma.NumberFormat.NumberDecimalSeparator = ",";
        CultureInfo.CurrentCulture = withComma;
        try
        {
            var svg = BarChart.Draw([new("a", "0.0", [new("b", 1.3, 1, 1.7, true)])]);
            Assert.DoesNotContain("NaN", svg, StringComparison.Ordinal);
            Assert.Contains(">1.3<", svg, StringComparison.Ordinal);
            Assert.DoesNotContain(",3", svg, StringComparison.Ordinal);
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void A_panel_without_bars_takes_no_room()
    {
        Assert.Empty(Parse([new("empty", "0", [])]).Descendants(Svg + "text"));
        Assert.DoesNotContain("NaN", BarChart.Draw([new("zero", "0", [new("b", 0, 0, 0, true)])]), StringComparison.Ordinal);
    }

    private static XElement Parse(IReadOnlyList<BarChart.Panel> panels) => XElement.Parse(BarChart.Draw(panels));
}

using System.Globalization;
using System.Text;
using WireGuard.Libraries.Qr;

namespace WireGuard.Conversion;

/// <summary>A QR code as text and as SVG.</summary>
internal static class QrText
{
    /// <summary>Two squares on top of each other are a character. Light squares are drawn, as a terminal is dark.</summary>
    /// <param name="invert">Dark squares are drawn, for a terminal that is light.</param>
    internal static string Terminal(QrDrawing code, bool invert)
    {
        var text = new StringBuilder();
        for (var row = 0; row < code.Size; row += 2)
        {
            if (row > 0)
                text.Append('\n');
            for (var column = 0; column < code.Size; column++)
            {
                var upper = code.IsDark(row, column) == invert;
                var lower = row + 1 < code.Size && code.IsDark(row + 1, column) == invert;
                text.Append((upper, lower) switch { (true, true) => '█', (true, false) => '▀', (false, true) => '▄', _ => ' ' });
            }
        }

        return text.ToString();
    }

    /// <summary>Dark on white, a unit a square.</summary>
    internal static string Svg(QrDrawing code)
    {
        var path = new StringBuilder();
        for (var row = 0; row < code.Size; row++)
        {
            for (var column = 0; column < code.Size; column++)
            {
                if (code.IsDark(row, column))
                    path.Append(CultureInfo.InvariantCulture, $"M{column} {row}h1v1h-1z");
            }
        }

        return $"""
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {code.Size} {code.Size}" shape-rendering="crispEdges">
            <rect width="100%" height="100%" fill="#fff"/><path d="{path}"/>
            </svg>

            """;
    }
}

using System.Globalization;
using System.Text.RegularExpressions;
using WireGuard.Conversion;
using WireGuard.Libraries.Qr;
using ZXing;
using ZXing.Common;
using ZXing.QrCode;

namespace WireGuard.Tests.Conversion;

/// <summary>What is drawn is read by a reader of others.</summary>
public sealed class QrTextTests
{
    private const string Text = $"[Interface]\nPrivateKey = {Keys.Private}\nAddress = 10.0.0.1/24\n\n# Name = grüße\n[Peer]\nPublicKey = {Keys.Peer}\n";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_text_for_a_terminal_is_read(bool invert)
    {
        using var code = new QrDrawing(Text);
        var lines = QrText.Terminal(code, invert).Split('\n');

        Assert.All(lines, line => Assert.Equal(code.Size, line.Length));
        Assert.Equal((code.Size + 1) / 2, lines.Length);
        Assert.Equal(Text, Read(code.Size, (row, column) =>
        {
            var isDrawn = lines[row / 2][column] is '█' || lines[row / 2][column] == (row % 2 == 0 ? '▀' : '▄');
            return isDrawn == invert;
        }));
    }

    [Fact]
    public void The_svg_is_read()
    {
        using var code = new QrDrawing(Text);
        var svg = System.Xml.Linq.XDocument.Parse(QrText.Svg(code));
        var dark = Regex.Matches(svg.Descendants().Single(e => e.Name.LocalName == "path").Attribute("d")!.Value, @"M(\d+) (\d+)h1v1h-1z")
            .Select(m => (int.Parse(m.Groups[2].Value, CultureInfo.InvariantCulture), int.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture))).ToHashSet();

        Assert.Equal(Text, Read(code.Size, (row, column) => dark.Contains((row, column))));
    }

    [Fact]
    public void The_png_is_one_and_as_large_as_it_was_asked_to_be()
    {
        using var code = new QrDrawing(Text);
        var png = code.ToPng(3);

        Assert.Equal([0x89, .. "PNG\r\n"u8], png[..6]);
        Assert.Equal(code.Size * 3, System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(16)));
    }

    [Fact]
    public void What_is_too_long_is_refused() => Assert.Throws<ArgumentException>(() => new QrDrawing(new string('x', 2954)));

    private static string? Read(int size, Func<int, int, bool> isDark)
    {
        const int Scale = 4;
        var side = size * Scale;
        var pixels = new byte[side * side];
        for (var y = 0; y < side; y++)
        {
            for (var x = 0; x < side; x++)
                pixels[(y * side) + x] = isDark(y / Scale, x / Scale) ? (byte)0 : (byte)255;
        }

        var source = new RGBLuminanceSource(pixels, side, side, RGBLuminanceSource.BitmapFormat.Gray8);
        return new QRCodeReader().decode(new BinaryBitmap(new HybridBinarizer(source)))?.Text;
    }
}

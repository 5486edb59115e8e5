using QRCoder;

namespace WireGuard.Libraries.Qr;

/// <summary>One QR code (ISO/IEC 18004), with the lowest error correction, which makes it smallest; byte mode, UTF-8.</summary>
internal sealed class QrDrawing : IDisposable
{
    private readonly QRCodeData _data;

    /// <exception cref="ArgumentException">The text is longer than the largest code holds.</exception>
    public QrDrawing(string text)
    {
        try
        {
            // With a border of four light squares already, as the standard asks for.
            _data = QRCodeGenerator.GenerateQrCode(text, QRCodeGenerator.ECCLevel.L, forceUtf8: true);
        }
        catch (QRCoder.Exceptions.DataTooLongException e)
        {
            throw new ArgumentException("The text is longer than the largest code holds.", nameof(text), e);
        }
    }

    /// <summary>Squares in each direction, the border with them.</summary>
    public int Size => _data.ModuleMatrix.Count;

    public bool IsDark(int row, int column) => _data.ModuleMatrix[row][column];

    /// <param name="pixels">Width of a square.</param>
    // Its Dispose would dispose of the data, which is ours.
    public byte[] ToPng(int pixels) => new PngByteQRCode(_data).GetGraphic(pixels, drawQuietZones: true);

    public void Dispose() => _data.Dispose();
}

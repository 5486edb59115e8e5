using System.Buffers.Text;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using WireGuard.Api;
using WireGuard.Errors;

namespace WireGuard.Client;

/// <summary>
/// One `wireguard-engine pubkey` process: private keys go in through its standard input, one line each, and come back
/// as public keys. One caller at a time.
/// </summary>
internal sealed class PublicKeySession : IDisposable
{
    private const int LineLimit = 1024;
    private const string Advice = "See whether 'wireguard-engine pubkey' answers in a terminal, and whether the machine is busy.";

    private readonly Process _process;
    private readonly LineReader _reader;

    internal PublicKeySession(string engine)
    {
        _process = EngineProcess.Start(engine, "pubkey");
        _reader = new LineReader(_process.StandardOutput.BaseStream);
    }

    /// <summary>The public key, base64 (Curve25519 scalar multiplication with the base point, RFC 7748).</summary>
    /// <exception cref="WgException">EngineFailed, EngineTimeout.</exception>
    internal async Task<string> DeriveAsync(SecretKey privateKey, TimeSpan timeout, CancellationToken cancellation)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(timeout);
        try
        {
            await SendAsync(privateKey, deadline.Token).ConfigureAwait(false);
            var line = await _reader.ReadAsync(LineLimit, deadline.Token).ConfigureAwait(false);
            var text = line is null ? null : Encoding.ASCII.GetString(line.Value.Span);
            return PublicKey.TryParse(text, out var key)
                ? key.ToString()
                : throw new InvalidDataException("The engine's answer is no key.");
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new WgException(ErrorIds.EngineTimeout, $"The engine gave no public key within {timeout.TotalSeconds:0.###} s.", e) { Advice = Advice };
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            var said = await EngineProcess.SaidAsync(EngineProcess.ReadErrorAsync(_process, deadline.Token)).ConfigureAwait(false);
            throw new WgException(ErrorIds.EngineFailed, $"The engine gave no public key{(said.Length > 0 ? ": " + said : ".")}", e) { Advice = Advice };
        }
    }

    public void Dispose()
    {
        try
        {
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It is gone; there is nothing left to close.
        }

        EngineProcess.Kill(_process);
        _process.Dispose();
        _reader.Dispose();
    }

    private async Task SendAsync(SecretKey privateKey, CancellationToken cancellation)
    {
        var line = GC.AllocateUninitializedArray<byte>(Base64.GetMaxEncodedToUtf8Length(SecretKey.Size) + 1, pinned: true);
        try
        {
            Base64.EncodeToUtf8(privateKey.Span, line, out _, out var written);
            line[written] = (byte)'\n';
            var input = _process.StandardInput.BaseStream;
            await input.WriteAsync(line, cancellation).ConfigureAwait(false);
            await input.FlushAsync(cancellation).ConfigureAwait(false);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(line);
        }
    }
}

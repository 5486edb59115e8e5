using WireGuard.Api;
using WireGuard.Client;

namespace WireGuard.Commands;

/// <summary>A cmdlet that derives public keys; one engine process serves the whole pipeline.</summary>
public abstract class KeyCommand : EngineCommand
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private PublicKeySession? _session;

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _session?.Dispose();
        base.Dispose(disposing);
    }

    private protected string Derive(SecretKey privateKey)
    {
        if (_session is null)
        {
            var engine = FindEngine();
            _session = new PublicKeySession(engine);
        }

        return Await("Deriving public keys", cancellation => _session.DeriveAsync(privateKey, Patience, cancellation));
    }
}

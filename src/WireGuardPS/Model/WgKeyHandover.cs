namespace WireGuard;

/// <summary>A new key pair of this end, and what the other ends have to be told. Holds nothing secret.</summary>
public sealed class WgKeyHandover
{
    public required string Tunnel { get; init; }

    /// <summary>Base64; null: there was no key before.</summary>
    public string? OldPublicKey { get; init; }

    /// <summary>Base64.</summary>
    public required string NewPublicKey { get; init; }

    /// <summary>The file that has the new key now; null: no file was written.</summary>
    public string? ConfigPath { get; init; }

    /// <summary>Names or keys of the peers, each of which has to learn of the new key.</summary>
    public string[] Peers { get; init; } = [];

    /// <summary>What to do at each other end, in PowerShell.</summary>
    public string Instruction => OldPublicKey is null
        ? $"Add-WgPeer wg0 '{NewPublicKey}'"
        : $"Get-WgPeer | Where-Object PublicKey -eq '{OldPublicKey}' | ForEach-Object {{ $file = (Get-WgTunnel $_.Tunnel).ConfigPath; (Get-Content $file -Raw).Replace('{OldPublicKey}', '{NewPublicKey}') | Set-Content $file -NoNewline; Sync-WgConfig $_.Tunnel }}";

    /// <summary>The new public key.</summary>
    public override string ToString() => NewPublicKey;
}

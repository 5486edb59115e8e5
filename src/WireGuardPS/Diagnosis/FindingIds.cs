namespace WireGuard.Diagnosis;

/// <summary>Ids and severities of <see cref="WgFinding"/>. Help lists them; a test holds the two together.</summary>
internal static class FindingIds
{
    internal const string Error = nameof(Error);
    internal const string Warning = nameof(Warning);

    internal const string Clock = nameof(Clock);
    internal const string EngineSilent = nameof(EngineSilent);
    internal const string EngineUnreachable = nameof(EngineUnreachable);
    internal const string LinkDown = nameof(LinkDown);
    internal const string MtuTooLarge = nameof(MtuTooLarge);
    internal const string NoEndpoint = nameof(NoEndpoint);
    internal const string NoPeer = nameof(NoPeer);
    internal const string NoPrivateKey = nameof(NoPrivateKey);
    internal const string NoReply = nameof(NoReply);
    internal const string NotRunning = nameof(NotRunning);
    internal const string NotSpokenTo = nameof(NotSpokenTo);
    internal const string OtherPresharedKey = nameof(OtherPresharedKey);
    internal const string Starting = nameof(Starting);
    internal const string StaleName = nameof(StaleName);
    internal const string UnknownPeer = nameof(UnknownPeer);
    internal const string WrongPublicKey = nameof(WrongPublicKey);
}

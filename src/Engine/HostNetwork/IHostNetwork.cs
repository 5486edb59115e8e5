using System.Net;
using WireGuard.Configuration;

namespace WireGuard.Engine.HostNetwork;

/// <summary>What the host is to be told about a tunnel's interface.</summary>
/// <param name="InterfaceName">An interface that exists.</param>
/// <param name="Addresses">IPv4 and IPv6, in the order in which they are added.</param>
/// <param name="Mtu">Bytes; null: found from the ways to the endpoints.</param>
/// <param name="Routes">Prefixes that lead into the tunnel: the peers' AllowedIPs.</param>
/// <param name="Table">Where the routes go, if anywhere.</param>
public sealed record HostNetworkSettings(
    string InterfaceName,
    IReadOnlyList<InterfaceAddress> Addresses,
    int? Mtu,
    IReadOnlyList<IPNetwork> Routes,
    RouteTable Table)
{
    /// <summary>Where the tunnel's own datagrams go.</summary>
    public IReadOnlyList<IPAddress> Endpoints { get; init; } = [];

    /// <summary>The firewall mark that the tunnel's own datagrams carry by the file; 0: none.</summary>
    public uint FwMark { get; init; }

    /// <summary>Name servers that all names go to while the tunnel is up; none: the host's own stay.</summary>
    public IReadOnlyList<IPAddress> DnsServers { get; init; } = [];

    public IReadOnlyList<string> DnsSearchDomains { get; init; } = [];

    public HostChoices Choices { get; init; } = HostChoices.None;

    /// <summary>
    /// Has the tunnel's own datagrams carry a mark; called before anything depends on it, and with
    /// <see cref="FwMark"/> once nothing does. Fails with a HostNetworkException.
    /// </summary>
    public Action<uint> UseMark { get; init; } = static _ => { };

    /// <summary>Hears what keeps something from working that only somebody else can mend.</summary>
    public Action<string> Warn { get; init; } = static _ => { };
}

/// <summary>What a change of settings makes of routes and MTU; the rest is in the settings themselves.</summary>
/// <param name="AddedRoutes">Longest prefix first.</param>
/// <param name="RemovedRoutes">Longest prefix first.</param>
/// <param name="MtuBefore">Bytes.</param>
/// <param name="Mtu">Bytes.</param>
public sealed record HostNetworkChange(IReadOnlyList<IPNetwork> AddedRoutes, IReadOnlyList<IPNetwork> RemovedRoutes, int MtuBefore, int Mtu);

/// <summary>
/// The host's side of a tunnel: addresses, MTU, link state, routes. Every call is all or nothing. One tunnel an object;
/// any thread, one at a time.
/// </summary>
public interface IHostNetwork : IDisposable
{
    /// <summary>The kill switch of this tunnel is closed, by this object or by an engine that is dead.</summary>
    bool HasKillSwitch { get; }

    /// <summary>One that an engine of this tunnel has left closed in another network namespace than the interface's.</summary>
    /// <exception cref="HostNetworkException">It cannot be told.</exception>
    bool HasKillSwitchElsewhere { get; }

    /// <summary>
    /// Takes back what an engine of this tunnel's name left behind when it was killed: policy rules, firewall, sysctls. Its
    /// interface and the routes into it went with it.
    /// </summary>
    /// <param name="closed">A kill switch stays, here and elsewhere, for a start that asks for one; what it lets pass. Null: it goes.</param>
    /// <returns>How much there was.</returns>
    /// <exception cref="HostNetworkException">The last step that failed; all others were taken.</exception>
    /// <exception cref="InvalidOperationException">Something is applied.</exception>
    int TakeBackLeftovers(HostChoices? closed = null);

    /// <summary>As <see cref="TakeBackLeftovers"/>, in other network namespaces than the interface's; whatever is applied.</summary>
    /// <exception cref="HostNetworkException">The last step that failed; all others were taken.</exception>
    int TakeBackElsewhere();

    /// <summary>
    /// A kill switch that is closed where names are looked up, while nothing is applied, lets the host's questions to name servers pass, or not any more. No
    /// effect where none is closed.
    /// </summary>
    /// <exception cref="HostNetworkException">Names the step.</exception>
    void LetLookUpsPass(HostChoices choices, bool pass);

    /// <summary>
    /// Adds the addresses, sets MTU and link up, tells the resolver, adds the routes, longest prefix first. A failure undoes what was done.
    /// </summary>
    /// <exception cref="HostNetworkException">Names the step.</exception>
    void Apply(HostNetworkSettings settings);

    /// <summary>
    /// Makes <paramref name="wanted"/> the tunnel's routes; those that stay are not touched. Unless the settings gave an
    /// MTU, it follows the endpoints. A failure leaves all as it was.
    /// </summary>
    /// <exception cref="HostNetworkException">Names the step.</exception>
    /// <exception cref="InvalidOperationException">Nothing is applied.</exception>
    /// <param name="endpoints">One for each peer that has one.</param>
    void Update(IReadOnlyList<IPNetwork> wanted, IReadOnlyList<IPAddress> endpoints);

    /// <summary>
    /// As <see cref="Update"/> with what is there now, but for these; nothing else is looked at, so that what it costs does not
    /// grow with what is there. What somebody else did to the host since the last call of <see cref="Update"/> is not seen.
    /// </summary>
    /// <param name="came">Prefixes that are wanted from now on; they may have been before.</param>
    /// <param name="went">Prefixes that are wanted no more.</param>
    /// <param name="endpointBefore">Where a peer's datagrams went, if anywhere.</param>
    /// <param name="endpoint">Where they go.</param>
    /// <returns>False: it cannot be done so, and all is as it was.</returns>
    /// <exception cref="InvalidOperationException">Nothing is applied.</exception>
    bool TryUpdate(IReadOnlyList<IPNetwork> came, IReadOnlyList<IPNetwork> went, IPAddress? endpointBefore, IPAddress? endpoint);

    /// <summary>
    /// Makes the settings of a running tunnel these; what stays the same is not touched. A failure leaves all as it was.
    /// </summary>
    /// <param name="wanted">Of the same interface and table as those that were applied.</param>
    /// <param name="dryRun">Nothing is done; the answer is what would be.</param>
    /// <exception cref="HostNetworkException">Names the step.</exception>
    /// <exception cref="InvalidOperationException">Nothing is applied.</exception>
    HostNetworkChange Change(HostNetworkSettings wanted, bool dryRun);

    /// <summary>
    /// The tunnel's own datagrams are to carry another mark: policy rules and firewall follow. 0 while a default route needs
    /// one: it keeps the one that it has.
    /// </summary>
    /// <param name="use">Has the datagrams carry the mark that it gets.</param>
    /// <param name="then">What is to happen with it; when it throws, the mark is as it was.</param>
    /// <exception cref="HostNetworkException">Names the step.</exception>
    void ChangeMark(uint mark, Action<uint> use, Action then);

    /// <summary>Takes back, in reverse, what <see cref="Apply"/> and all changes since did; what is gone already is no error.</summary>
    /// <param name="keepsKillSwitch">A kill switch stays, for the next start or an explicit end: nobody has asked for this one.</param>
    /// <exception cref="HostNetworkException">The last step that failed; all others were taken.</exception>
    void Undo(bool keepsKillSwitch = false);
}

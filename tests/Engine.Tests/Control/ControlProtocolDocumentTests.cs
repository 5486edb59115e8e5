using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using WireGuard.Api;

namespace WireGuard.Tests.Control;

/// <summary>docs/control-protocol.md tells of everything that the contract has, and its examples are of its form.</summary>
public partial class ControlProtocolDocumentTests
{
    private static readonly string s_text = File.ReadAllText(Path.Combine(FindRoot(), "docs", "control-protocol.md"));

    public static TheoryData<string> Methods => [.. typeof(ControlProtocol.Methods).GetFields().Select(constant => (string)constant.GetRawConstantValue()!)];

    public static TheoryData<Type> Messages => [typeof(Greeting), typeof(TunnelQuery), typeof(TunnelInfo), typeof(PeerInfo), typeof(PeerChangeRequest), typeof(SyncRequest), typeof(SyncResult), typeof(TunnelDifference), typeof(SaveQuery), typeof(SaveResult), typeof(EngineStatus), typeof(EngineEvent), typeof(RpcErrorData), typeof(EnrollmentOpenRequest), typeof(EnrollmentOpened), typeof(EnrollmentClosed), typeof(EnrollmentStatus), typeof(EnrollmentWindowInfo), typeof(WaitingPeerInfo), typeof(EnrollmentPoolInfo), typeof(EnrolledPeerInfo), typeof(EnrollmentInviteInfo), typeof(EnrollmentClientChoice), typeof(EnrollmentInviteRequest), typeof(EnrollmentInvite), typeof(EnrollmentInviteId)];

    [Theory]
    [MemberData(nameof(Methods))]
    public void Every_method_is_described_with_an_example(string method)
    {
        var isNotification = method is ControlProtocol.Methods.Greeting or ControlProtocol.Methods.Event;
        Assert.Contains(isNotification ? $"`{method}`" : $"### {method}\n", s_text);
        Assert.Contains($"\"method\":\"{method}\"", s_text);
    }

    [Fact]
    public void Every_error_has_its_row_and_no_row_is_of_an_error_that_is_not()
    {
        var rows = ErrorRow().Matches(s_text).Select(row => (row.Groups[1].Value, int.Parse(row.Groups[2].Value, CultureInfo.InvariantCulture)));
        Assert.Equal(Enum.GetValues<ControlErrorCode>().Select(code => (code.ToString(), (int)code)).Order(), rows.Order());
    }

    [Theory]
    [MemberData(nameof(Messages))]
    public void Every_member_of_every_message_is_named(Type message)
    {
        foreach (var property in message.GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            var name = JsonNamingPolicy.CamelCase.ConvertName(property.Name);
            Assert.True(s_text.Contains($"`{name}`", StringComparison.Ordinal) || s_text.Contains($"\"{name}\":", StringComparison.Ordinal), name);
        }
    }

    public static TheoryData<string> EnrollmentKinds => [.. EnrollmentEvents.All];

    [Theory]
    [MemberData(nameof(EnrollmentKinds))]
    [InlineData("handshake")]
    [InlineData("peer-added")]
    [InlineData("peer-removed")]
    [InlineData("endpoint-moved")]
    [InlineData("tunnel-up")]
    [InlineData("tunnel-down")]
    [InlineData("error")]
    public void Every_kind_of_event_is_named(string kind) => Assert.Contains($"`{kind}`", s_text);

    [Fact]
    public void Examples_are_json_whose_messages_the_contract_can_read()
    {
        var lines = s_text.Split('\n').Where(line => line.StartsWith("{\"jsonrpc\"", StringComparison.Ordinal)).ToArray();
        Assert.True(lines.Length >= 15);
        var method = "";
        foreach (var line in lines)
        {
            var message = JsonDocument.Parse(line).RootElement;
            if (message.TryGetProperty("method", out var named))
                method = named.GetString()!;
            if (message.TryGetProperty("error", out var error))
                AssertReadsBack(typeof(RpcError), error);
            else if (TypeOf(method, message.TryGetProperty("result", out var content) || !message.TryGetProperty("params", out content)) is { } type && content.ValueKind != JsonValueKind.Undefined)
                AssertReadsBack(type, content);
        }
    }

    // What the contract does not know would be lost on the way.
    private static void AssertReadsBack(Type type, JsonElement content)
    {
        var info = ControlJsonContext.Default.GetTypeInfo(type)!;
        var again = JsonSerializer.SerializeToElement(JsonSerializer.Deserialize(content.GetRawText(), info), info);
        foreach (var member in content.EnumerateObject())
            Assert.True(again.TryGetProperty(member.Name, out var value) && JsonElement.DeepEquals(value, member.Value), $"{type.Name}.{member.Name}");
    }

    private static Type? TypeOf(string method, bool isResult) => (method, isResult) switch
    {
        (ControlProtocol.Methods.Greeting, _) => typeof(Greeting),
        (ControlProtocol.Methods.Event, _) => typeof(EngineEvent),
        (ControlProtocol.Methods.TunnelGet, true) => typeof(TunnelInfo),
        (ControlProtocol.Methods.TunnelGet, false) => typeof(TunnelQuery),
        (ControlProtocol.Methods.EngineStatus, true) => typeof(EngineStatus),
        (ControlProtocol.Methods.TunnelSync, true) => typeof(SyncResult),
        (ControlProtocol.Methods.TunnelSync, false) => typeof(SyncRequest),
        (ControlProtocol.Methods.TunnelSave, true) => typeof(SaveResult),
        (ControlProtocol.Methods.TunnelSave, false) => typeof(SaveQuery),
        (ControlProtocol.Methods.PeerAdd or ControlProtocol.Methods.PeerSet, true) => typeof(PeerInfo),
        (ControlProtocol.Methods.PeerAdd or ControlProtocol.Methods.PeerSet, false) => typeof(PeerChangeRequest),
        (ControlProtocol.Methods.PeerRemove, true) => typeof(PeerInfo),
        (ControlProtocol.Methods.PeerRemove, false) => typeof(PeerRemoveRequest),
        (ControlProtocol.Methods.EnrollmentOpen, true) => typeof(EnrollmentOpened),
        (ControlProtocol.Methods.EnrollmentOpen, false) => typeof(EnrollmentOpenRequest),
        (ControlProtocol.Methods.EnrollmentClose, true) => typeof(EnrollmentClosed),
        (ControlProtocol.Methods.EnrollmentStatus, true) => typeof(EnrollmentStatus),
        (ControlProtocol.Methods.EnrollmentApprove or ControlProtocol.Methods.EnrollmentDeny, false) => typeof(EnrollmentClientChoice),
        (ControlProtocol.Methods.EnrollmentApprove or ControlProtocol.Methods.EnrollmentRevokePeer, true) => typeof(EnrolledPeerInfo),
        (ControlProtocol.Methods.EnrollmentDeny, true) => typeof(WaitingPeerInfo),
        (ControlProtocol.Methods.EnrollmentInvite, true) => typeof(EnrollmentInvite),
        (ControlProtocol.Methods.EnrollmentInvite, false) => typeof(EnrollmentInviteRequest),
        (ControlProtocol.Methods.EnrollmentRevokeInvite, true) => typeof(EnrollmentInviteInfo),
        (ControlProtocol.Methods.EnrollmentRevokeInvite, false) => typeof(EnrollmentInviteId),
        (ControlProtocol.Methods.EnrollmentRevokePeer, false) => typeof(PeerKey),
        _ => null,
    };

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "WireGuardPS.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new DirectoryNotFoundException("The repository's root is not above the test assembly.");
    }

    [GeneratedRegex(@"^\| `(\w+)` \| (-\d+) \|", RegexOptions.Multiline)]
    private static partial Regex ErrorRow();
}

using System.Reflection;
using System.Text.RegularExpressions;
using WireGuard.Errors;

namespace WireGuard.Tests.Errors;

public sealed class ErrorCatalogTests
{
    private static readonly string[] All =
        [.. typeof(ErrorIds).GetFields(BindingFlags.NonPublic | BindingFlags.Static).Where(f => f.IsLiteral).Select(f => (string)f.GetRawConstantValue()!)];

    [Fact]
    public void Ids_are_unique_words_without_blanks()
    {
        Assert.NotEmpty(All);
        Assert.Equal(All.Length, All.Distinct(StringComparer.OrdinalIgnoreCase).Count());
        Assert.All(All, id => Assert.Matches("^[A-Z][A-Za-z]+$", id));
    }

    [Fact]
    public void Each_has_a_category_and_a_sentence_of_advice() => Assert.All(All, id =>
    {
        Assert.True(ErrorCatalog.TryGet(id, out var kind), id);
        Assert.Matches("^[A-Z'].{15,}[.-]$", kind.RecommendedAction);
        if (id != ErrorIds.EngineFailed)
            Assert.NotEqual(System.Management.Automation.ErrorCategory.NotSpecified, kind.Category);
    });

    [Fact]
    public void The_about_topic_lists_exactly_these()
    {
        var text = File.ReadAllText(TestPaths.About).Split("ERROR IDS")[1].Split("TRADEMARK")[0];
        var listed = Regex.Matches(text, @"^    ([A-Z][A-Za-z]+)  +\S", RegexOptions.Multiline).Select(m => m.Groups[1].Value);

        Assert.Equal(All.Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(null, ErrorIds.EngineFailed)]
    [InlineData("FromTheFuture", ErrorIds.EngineFailed)]
    [InlineData("TunnelExists", ErrorIds.TunnelExists)]
    public void What_an_engine_may_say_is_always_known(string? said, string known) => Assert.Equal(known, ErrorCatalog.Known(said));

    [Theory]
    [InlineData("TunnelExists")]
    [InlineData("ConfigInvalid")]
    [InlineData("ConfigNotFound")]
    [InlineData("SaveFailed")]
    [InlineData("ServiceFailed")]
    [InlineData("AccessDenied")]
    [InlineData("TunNotAvailable")]
    [InlineData("AddressInUse")]
    [InlineData("EndpointUnresolved")]
    [InlineData("HookFailed")]
    [InlineData("HostNetworkFailed")]
    [InlineData("CryptoUnavailable")]
    [InlineData("EngineTimeout")]
    [InlineData("EngineFailed")]
    public void Every_id_of_a_start_report_keeps_its_name(string id) => Assert.Equal(id, ErrorCatalog.Known(id));

    [Fact]
    public void What_to_do_in_the_very_case_goes_before_what_an_id_says()
    {
        Assert.Equal(ErrorCatalog.Get(ErrorIds.PeerNotFound).RecommendedAction, ErrorCatalog.AdviceFor(new WgException(ErrorIds.PeerNotFound, "A.")));
        Assert.Equal("Do B.", ErrorCatalog.AdviceFor(new WgException(ErrorIds.PeerNotFound, "A.") { Advice = "Do B." }));
    }

    [Fact]
    public void Several_faults_are_errors_of_their_own_and_one_message_together()
    {
        var exception = WgException.Of(ErrorIds.ConfigInvalid, ["A.", "B."]);

        Assert.Equal("A." + Environment.NewLine + "B.", exception.Message);
        Assert.Equal(["A.", "B."], exception.Each().Select(e => e.Message));
        Assert.Same(exception.ErrorId, exception.Each().First().ErrorId);
        Assert.Single(WgException.Of(ErrorIds.ConfigInvalid, ["A."]).Each());
        Assert.Throws<ArgumentException>(() => WgException.Of(ErrorIds.ConfigInvalid, []));
    }

    [Fact]
    public void Advice_of_the_very_case_is_a_sentence_too()
    {
        var sources = Directory.EnumerateFiles(Path.Combine(TestPaths.Root, "src", "WireGuardPS"), "*.cs", SearchOption.AllDirectories).Select(File.ReadAllText);
        var advice = sources.SelectMany(s => Regex.Matches(s, @"\bAdvice = \$?""((?:[^""\\]|\\.)*)""").Select(m => m.Groups[1].Value)).ToList();

        Assert.True(advice.Count > 15, $"{advice.Count}");
        Assert.All(advice, text => Assert.Matches("^[A-Z'].{15,}[.-]$", text));
    }

    [Fact]
    public void Every_error_of_the_control_protocol_that_is_the_users_has_an_id() => Assert.All(
        Enum.GetValues<WireGuard.Api.ControlErrorCode>().Where(c => (int)c > -32100),
        c => Assert.Equal(c.ToString(), ErrorCatalog.Known(c.ToString())));

    [Fact]
    public void Each_is_expected_by_a_test_in_a_real_pwsh()
    {
        var tests = string.Concat(Directory.EnumerateFiles(Path.Combine(TestPaths.Root, "tests", "Pester"), "*.Tests.ps1").Select(File.ReadAllText));
        Assert.All(All, id => Assert.Matches($@"'{id}(['*,]|[|])", tests));
    }
}

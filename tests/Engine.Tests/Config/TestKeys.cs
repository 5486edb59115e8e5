namespace WireGuard.Tests.Config;

/// <summary>Keys for configurations in tests; none of them is used anywhere.</summary>
internal static class TestKeys
{
    internal const string Private = "2PsE9Gre7ncvCuSOt5qSCJypnGHIFmXjOUxg45DMyE4=";
    internal const string Preshared = "Tzl1Zol4cm1tu/ReJCbpEqpU4Cw7OLNMG7p3VLQYyR0=";
    internal const string PeerA = "HIgo9xNzJMWLKASShiTqIybxZ0U3wGLiUeJ1PKf8ykw=";
    internal const string PeerB = "9jalV3EEBnVXahro0pRMQ+cHlmjE33Slo9tddzCVtCw=";
    internal const string Zero = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
}

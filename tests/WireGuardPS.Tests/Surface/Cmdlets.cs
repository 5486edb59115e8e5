using System.Management.Automation;
using System.Reflection;

namespace WireGuard.Tests.Surface;

/// <summary>
/// The cmdlets as compiled, read from attribute data: PowerShell's reference assembly has no bodies, so that no
/// attribute can be made here.
/// </summary>
internal sealed record CmdletSurface(Type Type, string Verb, string Noun, bool ShouldProcess, IReadOnlyList<ParameterSurface> Parameters)
{
    internal string Name => $"{Verb}-{Noun}";

    internal static IReadOnlyList<CmdletSurface> All { get; } =
        [.. typeof(WgTunnel).Assembly.GetTypes().Where(t => Attributes(t, nameof(CmdletAttribute)).Any()).Select(Read).OrderBy(c => c.Name, StringComparer.Ordinal)];

    internal static IEnumerable<CustomAttributeData> Attributes(MemberInfo member, string name) =>
        member.GetCustomAttributesData().Where(a => a.AttributeType.Name == name);

    private static CmdletSurface Read(Type type)
    {
        var cmdlet = Attributes(type, nameof(CmdletAttribute)).Single();
        return new CmdletSurface(
            type,
            (string)cmdlet.ConstructorArguments[0].Value!,
            (string)cmdlet.ConstructorArguments[1].Value!,
            Named(cmdlet, nameof(CmdletAttribute.SupportsShouldProcess)) is true,
            [.. type.GetProperties().Where(p => Attributes(p, nameof(ParameterAttribute)).Any()).Select(p => new ParameterSurface(p))]);
    }

    internal static object? Named(CustomAttributeData attribute, string name) =>
        attribute.NamedArguments.Where(a => a.MemberName == name).Select(a => a.TypedValue.Value).FirstOrDefault();
}

internal sealed record ParameterSurface(PropertyInfo Property)
{
    internal string Name => Property.Name;

    internal Type Type => Property.PropertyType;

    internal IEnumerable<string> Aliases => CmdletSurface.Attributes(Property, nameof(AliasAttribute))
        .SelectMany(a => ((IEnumerable<CustomAttributeTypedArgument>)a.ConstructorArguments[0].Value!).Select(v => (string)v.Value!));

    internal IEnumerable<CustomAttributeData> Declarations => CmdletSurface.Attributes(Property, nameof(ParameterAttribute));
}

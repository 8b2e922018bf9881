using System.Globalization;
using System.Net;

namespace Sandbox.Egress;

/// <summary>One entry of a job's list of what it may reach.</summary>
internal sealed record EgressRule
{
    /// <summary>As the caller wrote it, which is how results name it.</summary>
    public required string Text { get; init; }

    /// <summary>Everything public, by name and by address.</summary>
    public bool IsAny { get; init; }

    /// <summary>The name; with <see cref="IsBelow"/> the one that names have to end in. Null for a rule of addresses.</summary>
    public string? Name { get; init; }

    /// <summary>Names below <see cref="Name"/>, at any depth, and not itself.</summary>
    public bool IsBelow { get; init; }

    /// <summary>The addresses; null for a rule of names.</summary>
    public AddressBlock? Addresses { get; init; }

    /// <summary>The port; null for all.</summary>
    public int? Port { get; init; }

    /// <summary>Reads a rule.</summary>
    /// <param name="text">Such as <c>registry.example.org:443</c>, <c>*.example.org</c>, <c>10.0.0.0/8:5432</c>, <c>[2001:db8::]/32</c> or <c>any</c>.</param>
    /// <param name="rule">The rule; null if it is none.</param>
    /// <returns>What is wrong with it; null for nothing.</returns>
    public static string? Parse(string text, out EgressRule? rule)
    {
        rule = null;
        if (text == "any")
        {
            rule = new() { Text = text, IsAny = true };
            return null;
        }

        if (Split(text, out var place, out var port) is { } wrong)
        {
            return wrong;
        }

        return AddressBlock.Parse(place, out var block) switch
        {
            null => OfAddresses(text, block, port, out rule),
            "" => OfName(text, place, port, out rule),
            var problem => problem,
        };
    }

    /// <summary>Whether it lets a job look the name up.</summary>
    public bool Names(string name) =>
        IsAny ? name != HostNames.Host
        : IsBelow ? name.Length > Name!.Length + 1 && name.EndsWith(Name, StringComparison.Ordinal) && name[^(Name.Length + 1)] == '.' && name != HostNames.Host
        : name == Name;

    /// <summary>Whether it lets a job reach a port.</summary>
    public bool HasPort(int port) => Port is null || Port == port;

    /// <inheritdoc/>
    public override string ToString() => Text;

    private static string? OfAddresses(string text, AddressBlock block, int? port, out EgressRule? rule)
    {
        rule = null;
        if (block.First.IsIPv4MappedToIPv6 && block.Length >= 96)
        {
            return "is an address of IPv4: write it as one";
        }

        if (AddressClasses.Of(block, out var kind) == AddressClass.Never)
        {
            return kind == "the loopback"
                ? $"is the job's own loopback, which it has: the host's is {HostNames.Host}, such as \"{HostNames.Host}:{(port ?? 8080).ToString(CultureInfo.InvariantCulture)}\""
                : $"is never reached: {kind}";
        }

        rule = new() { Text = text, Addresses = block, Port = port };
        return null;
    }

    private static string? OfName(string text, string place, int? port, out EgressRule? rule)
    {
        rule = null;
        var isBelow = place.StartsWith("*.", StringComparison.Ordinal);
        if (HostNames.Normal(isBelow ? place[2..] : place) is not { } name)
        {
            return place.Any(static letter => letter > '\x7f') ? $"{DisplayText.Quote(place)} is not ASCII: write the name as it is in the DNS, with xn--"
                : place == "*" ? "* alone is no name: \"any\" lets a job reach everything public"
                : place.Contains('*', StringComparison.Ordinal) ? "* stands for whole labels at the beginning, such as *.example.org"
                : $"{DisplayText.Quote(place)} is no name and no address";
        }

        if (HostNames.IsLocal(name))
        {
            return $"names the job's own loopback, which it has: the host's is {HostNames.Host}";
        }

        if (name == HostNames.Host && (isBelow || port is null))
        {
            return $"needs a port, such as {HostNames.Host}:8080: not every service of the host's loopback is meant for jobs";
        }

        rule = new() { Text = text, Name = name, IsBelow = isBelow, Port = port };
        return null;
    }

    // An address of IPv6 has colons itself: a port follows one in brackets only.
    private static string? Split(string text, out string place, out int? port)
    {
        (place, port) = (text, null);
        if (text.Length == 0)
        {
            return "must not be empty";
        }

        var end = text.LastIndexOf(':');
        var close = text.IndexOf(']', StringComparison.Ordinal);
        if (text[0] == '[')
        {
            if (close < 0)
            {
                return "lacks a ]";
            }

            end = text.IndexOf(':', close);
            place = text[1..close] + (end < 0 ? text[(close + 1)..] : text[(close + 1)..end]);
        }
        else if (end >= 0 && text.IndexOf(':', StringComparison.Ordinal) == end)
        {
            place = text[..end];
        }
        else
        {
            return null;
        }

        if (end < 0)
        {
            return null;
        }

        var digits = text[(end + 1)..];
        if (digits.Length is 0 or > 5 || digits[0] == '0' || !digits.All(char.IsAsciiDigit) || int.Parse(digits, CultureInfo.InvariantCulture) > IPEndPoint.MaxPort)
        {
            return $"{DisplayText.Quote(digits)} is no port: it must be from 1 to {IPEndPoint.MaxPort}";
        }

        port = int.Parse(digits, CultureInfo.InvariantCulture);
        return null;
    }
}

using System.Diagnostics.CodeAnalysis;

namespace Sandbox;

/// <summary>The network the job sees.</summary>
public abstract record Network
{
    private protected Network() { }

    /// <summary>An own network namespace with nothing up, in which no name is found.</summary>
    public static Network None { get; } = new NoNetwork();

    /// <summary>An own network namespace with the loopback device up.</summary>
    public static Network Loopback { get; } = new LoopbackNetwork();

    /// <summary>The host's network, unrestricted.</summary>
    public static Network Host { get; } = new HostNetwork();

    /// <summary>Those that a word stands for, in the order in which they are told.</summary>
    public static IReadOnlyList<Network> All { get; } = [None, Loopback, Host];

    /// <summary>The word that stands for it in job files and on the command line, such as <c>loopback</c>.</summary>
    public abstract override string ToString();

    /// <summary>The network that a word stands for, as <see cref="ToString"/> writes it.</summary>
    /// <exception cref="FormatException">No such word is known.</exception>
    public static Network Parse(string word) => TryParse(word, out var network) ? network : throw new FormatException($"no network is called \"{word}\"");

    /// <summary>Finds the network that a word stands for, as <see cref="ToString"/> writes it.</summary>
    /// <param name="word">The word.</param>
    /// <param name="network">The network; null if no such word is known.</param>
    public static bool TryParse(string? word, [NotNullWhen(true)] out Network? network)
    {
        network = All.FirstOrDefault(candidate => candidate.ToString() == word);
        return network is not null;
    }
}

/// <summary>An own network namespace with nothing up, in which no name is found.</summary>
public sealed record NoNetwork : Network
{
    /// <inheritdoc/>
    public override string ToString() => "none";
}

/// <summary>An own network namespace with the loopback device up.</summary>
public sealed record LoopbackNetwork : Network
{
    /// <inheritdoc/>
    public override string ToString() => "loopback";
}

/// <summary>The host's network, unrestricted.</summary>
public sealed record HostNetwork : Network
{
    /// <inheritdoc/>
    public override string ToString() => "host";
}

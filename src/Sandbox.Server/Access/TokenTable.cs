using System.Security.Cryptography;
using Microsoft.Extensions.Primitives;

namespace Sandbox.Server.Access;

/// <summary>The tokens that this server knows.</summary>
internal sealed class TokenTable
{
    // One more than the longest token, for its length: padded to one size, tokens are compared in the same time whatever they hold and however
    // long they are. A digest would do the same, and needs libssl, which a server without TLS can do without.
    private const int Size = TokenFile.LongestToken + 1;

    private readonly (string Tenant, byte[] Padded)[] _known;

    /// <summary>Of these.</summary>
    public TokenTable(IEnumerable<Token> tokens) => _known = [.. tokens.Select(static token => (token.Tenant, Pad(token.Secret)))];

    /// <summary>There is none.</summary>
    public bool IsEmpty => _known.Length == 0;

    /// <summary>Reads every file.</summary>
    /// <param name="paths">Their paths.</param>
    /// <param name="credentials">As of <see cref="TokenFile.Read"/>.</param>
    /// <param name="problem">Takes what is wrong with one, in a sentence.</param>
    public static TokenTable Read(IReadOnlyList<string> paths, string? credentials, Action<string> problem)
    {
        var tokens = new List<Token>();
        foreach (var path in paths)
        {
            try
            {
                var token = TokenFile.Read(path, credentials);
                if (tokens.Exists(known => known.Secret == token.Secret && known.Tenant != token.Tenant))
                {
                    problem($"{DisplayText.Quote(path)}: another tenant has the same token");
                }

                tokens.Add(token);
            }
            catch (IOException unreadable)
            {
                problem($"{DisplayText.Quote(path)}: {unreadable.Message}");
            }
            catch (FormatException wrong)
            {
                problem($"{DisplayText.Quote(path)}: it {wrong.Message}");
            }
        }

        return new(tokens);
    }

    /// <summary>Whose token an Authorization header has; null if it has none that is known.</summary>
    public string? TenantOf(StringValues authorization)
    {
        const string Scheme = "Bearer ";
        if (authorization is not [{ } value] || !value.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) || value.Length - Scheme.Length is < 1 or > TokenFile.LongestToken)
        {
            return null;
        }

        // All of them, whichever it is.
        var sent = Pad(value[Scheme.Length..]);
        string? tenant = null;
        foreach (var (name, padded) in _known)
        {
            tenant = CryptographicOperations.FixedTimeEquals(padded, sent) ? name : tenant;
        }

        return tenant;
    }

    private static byte[] Pad(string secret)
    {
        var padded = new byte[Size];
        for (var index = 0; index < secret.Length; index++)
        {
            // What no token has becomes what none has, and not another character.
            padded[index] = secret[index] < 0x80 ? (byte)secret[index] : (byte)0xff;
        }

        padded[^1] = (byte)secret.Length;
        return padded;
    }
}

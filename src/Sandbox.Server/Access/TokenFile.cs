using System.Text;

namespace Sandbox.Server.Access;

/// <summary>A token and whose it is.</summary>
internal sealed record Token(string Tenant, string Secret)
{
    /// <summary>Without the secret, wherever it may be written.</summary>
    public override string ToString() => $"Token of {Tenant}";
}

/// <summary>Reads a file with one token. What is in it comes into no message.</summary>
internal static class TokenFile
{
    /// <summary>What a request may bring; a longer one is none.</summary>
    public const int LongestToken = 200;

    private const int ShortestToken = 20;
    private const int LongestName = 64;

    /// <summary>Reads it.</summary>
    /// <param name="path">Its path; the last part is the tenant unless the file names one.</param>
    /// <param name="credentials">The directory of this service's credentials (systemd.exec(5), CREDENTIALS_DIRECTORY); null for none.</param>
    /// <exception cref="IOException">It cannot be read, or others could, too.</exception>
    /// <exception cref="FormatException">It is not a token; the message goes on after "it".</exception>
    public static Token Read(string path, string? credentials)
    {
        // systemd gives a user's service its credentials by an access control list, whose mask is shown as the group's rights (acl(5)).
        var isCredential = credentials is ['/', ..] && Path.GetDirectoryName(path) == credentials.TrimEnd('/');
        return Parse(Path.GetFileName(path), PrivateFile.Read(path, LongestToken + LongestName + 16, mayBeLink: false, mayBeRootsGroups: isCredential));
    }

    /// <summary>Reads <c>TOKEN</c> or <c>TENANT TOKEN</c>, on one line.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static Token Parse(string fileName, ReadOnlySpan<byte> content)
    {
        var words = Encoding.Latin1.GetString(content).Split([' ', '\t', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries);
        if (words is not ([_] or [_, _]))
        {
            throw new FormatException("must hold one token, or a tenant's name and one token");
        }

        var (name, secret) = words.Length == 2 ? (words[0], words[1]) : (fileName, words[0]);
        if (secret.Length is < ShortestToken or > LongestToken || !secret.All(IsOfToken))
        {
            throw new FormatException($"must hold a token of {ShortestToken} to {LongestToken} characters out of letters, digits and -._~+/= (RFC 6750), such as \"openssl rand -hex 32\" makes");
        }

        return IsTenant(name) ? new(name, secret)
            : throw new FormatException(words.Length == 2
                ? $"must name a tenant of up to {LongestName} letters, digits and -._ before its token"
                : $"has no name that could be a tenant's, up to {LongestName} letters, digits and -._: write the tenant before the token, with a space between them");
    }

    /// <summary>A tenant may be called so.</summary>
    public static bool IsTenant(string name) => name.Length is > 0 and <= LongestName && name.All(IsOfName) && char.IsAsciiLetterOrDigit(name[0]);

    private static bool IsOfToken(char one) => char.IsAsciiLetterOrDigit(one) || one is '-' or '.' or '_' or '~' or '+' or '/' or '=';

    private static bool IsOfName(char one) => char.IsAsciiLetterOrDigit(one) || one is '-' or '.' or '_';
}

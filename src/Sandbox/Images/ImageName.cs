using System.Buffers;

namespace Sandbox.Images;

// Docker's rules (distribution/reference): "python" is docker.io/library/python:latest.

/// <summary>Names of images in full, and as people write them.</summary>
internal static class ImageName
{
    private const string DefaultDomain = "docker.io";
    private const string DefaultTag = "latest";
    private const string Official = "library/";
    private const int MaxRepository = 255;
    private const int MaxTag = 128;

    private static readonly SearchValues<char> s_lower = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789");
    private static readonly SearchValues<char> s_separators = SearchValues.Create("._-");
    private static readonly SearchValues<char> s_tag = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-");
    private static readonly SearchValues<char> s_domain = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-:[]");

    /// <summary>The full name; what is wrong with it, or null.</summary>
    public static string? Parse(string text, out string full)
    {
        full = "";
        if (text.Contains('@'))
        {
            return "a manifest's digest is not known here: use the image's own, which \"sandbox image ls\" shows";
        }

        var (repository, tag) = SplitTag(text);
        var (domain, path) = SplitDomain(repository);
        if (!IsDomain(domain))
        {
            return "the part before the first slash is no name of a host";
        }

        if (path.Length == 0 || path.Split('/').Any(component => !IsComponent(component)))
        {
            return "a name is lower-case letters and digits, separated by single dots, underscores, dashes and slashes";
        }

        if (domain.Length + path.Length >= MaxRepository)
        {
            return "it is longer than 255 characters";
        }

        if (tag.Length is 0 or > MaxTag || tag[0] is '.' or '-' || tag.AsSpan().IndexOfAnyExcept(s_tag) >= 0)
        {
            return "a tag is at most 128 letters, digits, dots, underscores and dashes";
        }

        full = $"{domain}/{path}:{tag}";
        return null;
    }

    /// <summary>The full name without what goes without saying.</summary>
    public static string Familiar(string full)
    {
        if (!full.StartsWith(DefaultDomain + "/", StringComparison.Ordinal))
        {
            return full;
        }

        var name = full[(DefaultDomain.Length + 1)..];
        return name.StartsWith(Official, StringComparison.Ordinal) ? name[Official.Length..] : name;
    }

    private static (string Repository, string Tag) SplitTag(string text)
    {
        var colon = text.LastIndexOf(':');
        return colon > text.LastIndexOf('/') ? (text[..colon], text[(colon + 1)..]) : (text, DefaultTag);
    }

    private static (string Domain, string Path) SplitDomain(string repository)
    {
        var slash = repository.IndexOf('/');
        var first = slash < 0 ? "" : repository[..slash];
        var isDomain = slash >= 0 && (first.AsSpan().IndexOfAny('.', ':') >= 0 || first is "" or "localhost" || first.Any(char.IsAsciiLetterUpper));
        var (domain, path) = isDomain ? (first, repository[(slash + 1)..]) : (DefaultDomain, repository);
        if (domain == "index." + DefaultDomain)
        {
            domain = DefaultDomain;
        }

        return domain == DefaultDomain && !path.Contains('/') ? (domain, Official + path) : (domain, path);
    }

    private static bool IsDomain(string domain)
    {
        var port = domain.LastIndexOf(':');
        var hasPort = port > domain.LastIndexOf(']');
        return domain is not ("" or ['-' or '.' or ':', ..]) && domain.AsSpan().IndexOfAnyExcept(s_domain) < 0 &&
            (!hasPort || (port < domain.Length - 1 && domain.AsSpan(port + 1).IndexOfAnyExceptInRange('0', '9') < 0));
    }

    // Letters and digits; between them one dot, one or two underscores, or any number of dashes.
    private static bool IsComponent(ReadOnlySpan<char> text)
    {
        while (true)
        {
            var end = text.IndexOfAnyExcept(s_lower);
            if (end == 0 || text.Length == 0)
            {
                return false;
            }

            if (end < 0)
            {
                return true;
            }

            text = text[end..];
            var next = text.IndexOfAnyExcept(s_separators);
            if (next < 0 || text[..next] is not ("." or "_" or "__") && text[..next].IndexOfAnyExcept('-') >= 0)
            {
                return false;
            }

            text = text[next..];
        }
    }
}

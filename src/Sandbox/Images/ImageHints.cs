using Sandbox.Jobs;
using Sandbox.Text;

namespace Sandbox.Images;

/// <summary>What to say to whoever names an image that is not there.</summary>
internal static class ImageHints
{
    /// <summary>The stored names that may have been meant, the most likely ones first.</summary>
    /// <param name="reference">What was given.</param>
    /// <param name="stored">The names of the images that there are, as "sandbox image ls" shows them.</param>
    /// <param name="exactly">Only with another tag, or from another registry.</param>
    public static IReadOnlyList<string> Near(string reference, IReadOnlyList<string> stored, bool exactly = false)
    {
        var repository = Repository(reference);
        string[] sameRepository = [.. stored.Where(name => Repository(name) == repository)];
        if (sameRepository.Length > 0)
        {
            return sameRepository;
        }

        string[] sameProgram = [.. stored.Where(name => Last(Repository(name)) == Last(repository))];
        if (sameProgram.Length > 0 || exactly)
        {
            return sameProgram;
        }

        // "debain" is near "debian:12" only without the tag.
        return Suggestions.For(reference, [.. stored]) is { } whole ? [whole]
            : Suggestions.For(repository, [.. stored.Select(Repository)]) is { } near ? [.. stored.Where(name => Repository(name) == near)]
            : [];
    }

    /// <summary>The hint.</summary>
    public static string Of(string reference, IReadOnlyList<string> stored)
    {
        const string all = "\"sandbox image ls\" shows what there is";
        const string path = "a path begins with / or ./, or ends in .tar, .tar.gz, .tgz or .tar.zst";
        return Near(reference, stored) is { Count: > 0 } near
            ? $"did you mean {string.Join(" or ", near.Take(3).Select(Words.Quote))}? {all}"
            : $"{all}; nothing is fetched from a registry: {HowToGet(reference)}; {path}";
    }

    /// <summary>Commands that bring an image.</summary>
    public static string HowToGet(string reference)
    {
        var name = Words.Quote(reference);
        var archive = Words.Quote(Last(Repository(reference)) + ".tar");
        return $"docker save {name} | sandbox image import -   (podman save does the same), or without either: " +
            $"skopeo copy docker://{name} docker-archive:{archive}:{name} && sandbox image import {archive}";
    }

    private static string Repository(string name) => name.LastIndexOf(':') is var colon && colon > name.LastIndexOf('/') ? name[..colon] : name;

    private static string Last(string repository) => repository[(repository.LastIndexOf('/') + 1)..];
}

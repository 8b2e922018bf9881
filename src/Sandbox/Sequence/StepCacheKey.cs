using System.Buffers;
using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Sandbox.Hashing;
using Sandbox.Images;
using Sandbox.Interop;
using Sandbox.Jobs;
using Sandbox.Policies;

namespace Sandbox.Sequence;

// What is left out of the key has to be what cannot change a result that is ok: the name, the trace context and the places from which files of the host came.
// Everything else is in it, also what hardly ever matters, because a result too many is made again and a wrong one is believed.

/// <summary>What has to be the same for a step to have the same result, and what tells that it stayed so.</summary>
/// <param name="Key">SHA-256 in lower-case hexadecimal of all that the result depends on, as far as it is known.</param>
/// <param name="Moment">The same of that, and of when each file of the host last changed: of two looks only what did not change in between has the same.</param>
internal sealed record StepCacheKey(string Key, string Moment)
{
    private const long MostEntries = 50_000;

    // The kernel's times of files come in steps of up to 10 ms (CONFIG_HZ): of what is changed in the same one as before nobody would know.
    private static readonly TimeSpan s_step = TimeSpan.FromMilliseconds(20);

    private static readonly string s_version =
        typeof(StepCacheKey).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";

    /// <summary>Looks at everything that a step depends on.</summary>
    /// <param name="step">The step.</param>
    /// <param name="spec">Its job, with the files of earlier steps.</param>
    /// <param name="store">The directory of the tenant's store.</param>
    /// <param name="images">The images that it may run in.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="SandboxException">Something cannot be looked at: what it depends on is not known.</exception>
    public static StepCacheKey Of(JobStep step, JobSpec spec, string store, UnpackedImages images, CancellationToken cancellationToken)
    {
        var facts = new StringBuilder();
        var moments = new StringBuilder();
        Line(facts, "steps/1", s_version, RuntimeInformation.ProcessArchitecture.ToString(), Environment.MachineName, Libc.EffectiveUid().ToString(CultureInfo.InvariantCulture), store);
        Line(facts, "policy", PolicyStore.Load(spec).Sha256);
        foreach (var (name, path) in step.Keep.OrderBy(static kept => kept.Key, StringComparer.Ordinal))
        {
            Line(facts, "keep", name, path);
        }

        Line(facts, "root", RootOf(spec.Rootfs, step.Cache!.Tools, images, cancellationToken));
        var canonical = spec with
        {
            Name = null,
            Traceparent = null,
            Env = new SortedDictionary<string, string>(spec.Env.ToDictionary(), StringComparer.Ordinal),
            Files = [.. spec.Files.Select(file => file with { ReadOnly = file.ReadOnly, Content = Digested(file.Content, file.ReadOnly, facts, moments, cancellationToken) })],
            Stdin = spec.Stdin is ContentStdin input ? Stdin.From(Digested(input.Content, isShown: false, facts, moments, cancellationToken)) : spec.Stdin,
        };
        Line(facts, "job", JsonOf(canonical));
        var key = ContentDigest.Of(Encoding.UTF8.GetBytes(facts.ToString()));
        return new(key, ContentDigest.Of(Encoding.UTF8.GetBytes(key + "\n" + moments)));
    }

    private static string JsonOf(JobSpec job)
    {
        var text = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(text))
        {
            JobWriter.WriteObject(json, job);
        }

        return Encoding.UTF8.GetString(text.WrittenSpan);
    }

    // A file that is shown, and not copied, has its own mode inside.
    private static Content Digested(Content content, bool isShown, StringBuilder facts, StringBuilder moments, CancellationToken cancellationToken)
    {
        if (content is not FileContent { Path: var path })
        {
            return content;
        }

        var error = GivenFile.Open(path, out var file, out var before);
        using (file)
        {
            if (error != 0)
            {
                throw Failure(path, error > 0 ? "EINVAL" : Errno.Name(-error));
            }

            if (DateTimeOffset.UtcNow - TimeOf(before.Changed) is var age && age < s_step)
            {
                cancellationToken.WaitHandle.WaitOne(age > TimeSpan.Zero ? s_step - age : s_step);
                _ = Libc.Status(file, out before);
            }

            var digest = new ContentDigest(before.Size);
            var buffer = new byte[Math.Clamp(before.Size, 1, 1 << 20)];
            int count;
            while ((count = Libc.Read(file, buffer)) > 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
                digest.Add(buffer.AsSpan(0, count));
            }

            if (count < 0 || Libc.Status(file, out var after) < 0 || !IsSame(before, after))
            {
                throw Failure(path, count < 0 ? Errno.Name(-count) : "EBUSY");
            }

            Line(facts, "file", isShown ? Convert.ToString(before.Mode, 8) : "");
            Line(moments, Identity(before));
            return Content.Stored(digest.Finish());
        }
    }

    private static string RootOf(Rootfs root, IReadOnlyList<string> tools, UnpackedImages images, CancellationToken cancellationToken)
    {
        switch (root)
        {
            case EmptyRootfs:
                return "empty";
            case ImageRootfs image:
                using (var opened = images.Open(image.Reference))
                {
                    return opened.Digest;
                }

            default:
                var found = new StringBuilder();
                var left = MostEntries;
                foreach (var tool in tools.Order(StringComparer.Ordinal))
                {
                    Look(tool, found, ref left, cancellationToken);
                    if (Libc.StatusOf(tool, out var status) is var error and < 0)
                    {
                        throw Failure(tool, Errno.Name(-error));
                    }

                    // A link is what it says and what it leads to.
                    Line(found, Identity(status));
                }

                return ContentDigest.Of(Encoding.UTF8.GetBytes(found.ToString()));
        }
    }

    // A directory stands for everything below it; links in it are not followed, as what they lead to can be named.
    private static void Look(string path, StringBuilder found, ref long left, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (Libc.LinkStatusOf(path, out var status) is var error and < 0)
        {
            throw Failure(path, Errno.Name(-error));
        }

        if (--left < 0)
        {
            throw Failure(path, "E2BIG");
        }

        Line(found, path, Identity(status), status.Kind == FileKind.SymbolicLink ? Libc.LinkText(path) ?? "" : "");
        if (status.Kind == FileKind.Directory)
        {
            foreach (var entry in Libc.ListDirectory(path).OrderBy(static entry => entry.Name, StringComparer.Ordinal))
            {
                Look($"{path}/{entry.Name}", found, ref left, cancellationToken);
            }
        }
    }

    private static string Identity(in FileStatus status) => string.Create(CultureInfo.InvariantCulture,
        $"{status.Device:x}:{status.Inode} {status.Mode:x} {status.Owner}:{status.Group} {status.Size} {status.Modified.Seconds}.{status.Modified.Nanoseconds} {status.Changed.Seconds}.{status.Changed.Nanoseconds}");

    private static DateTimeOffset TimeOf(FileTime time) => DateTimeOffset.UnixEpoch.AddSeconds(time.Seconds).AddTicks(time.Nanoseconds / TimeSpan.NanosecondsPerTick);

    private static bool IsSame(in FileStatus one, in FileStatus other) => Identity(one) == Identity(other);

    // Lengths before the words: no word can be taken for two.
    private static void Line(StringBuilder to, params ReadOnlySpan<string> words)
    {
        foreach (var word in words)
        {
            to.Append(CultureInfo.InvariantCulture, $"{word.Length}:{word} ");
        }

        to.Append('\n');
    }

    private static SandboxException Failure(string path, string errno) => new("it cannot be known whether something has changed") { Operation = Operation.LookAtFiles, Path = path, Errno = errno };
}

// A Matrix client for tests with the crypto of Element Web, independent of the bot's: element.py drives it.
// It reads one JSON command a line, {id, command, ...}, and writes one JSON line for each, {id, result} or {id, error}.
import { Console } from "node:console";
import { createInterface } from "node:readline";
import { webcrypto } from "node:crypto";

// Standard output is for answers alone, hence before the sdk is loaded: it and its WebAssembly log to the console.
globalThis.console = new Console(process.stderr, process.stderr);
console.debug = console.info = console.log = () => {};
globalThis.crypto ??= webcrypto; // Node 18
const sdk = await import("matrix-js-sdk");
const { logger } = await import("matrix-js-sdk/lib/logger.js");
const { decodeRecoveryKey, EventShieldColour, EventShieldReason, OnlySignedDevicesIsolationMode } = await import(
    "matrix-js-sdk/lib/crypto-api/index.js"
);
logger.setLevel("error");

const SYNCED_WITHIN_MS = 20_000;
const IDENTITY_SECRETS = ["m.cross_signing.master", "m.cross_signing.self_signing", "m.cross_signing.user_signing"];
const ENCRYPTION = { type: "m.room.encryption", state_key: "", content: { algorithm: "m.megolm.v1.aes-sha2" } };

let client = null;
let account = null;
let recoveryKey = null;
const watchers = new Set();

const commands = {
    async start({ url, user, password, cross_signed, exclude_unsigned }) {
        account = { user, password };
        const login = await sdk.createClient({ baseUrl: url }).loginRequest({
            ...passwordOf(account),
            initial_device_display_name: "Element",
        });
        client = sdk.createClient({
            baseUrl: url,
            accessToken: login.access_token,
            userId: login.user_id,
            deviceId: login.device_id,
            cryptoCallbacks: { getSecretStorageKey: openSecretStorage },
        });
        await client.initRustCrypto({ useIndexedDB: false });
        if (cross_signed) await makeIdentity();
        if (exclude_unsigned) client.getCrypto().setDeviceIsolationMode(new OnlySignedDevicesIsolationMode());
        watch();
        // The limit holds for every sync: events beyond it would be missing from the timeline.
        await client.startClient({ initialSyncLimit: 1000 });
        await until(() => client.isInitialSyncComplete(), SYNCED_WITHIN_MS, "the first sync");
        return { user_id: login.user_id, device_id: login.device_id };
    },

    async create_room({ invite, encrypted, direct }) {
        const { room_id } = await client.createRoom({
            preset: direct ? "trusted_private_chat" : "private_chat",
            is_direct: direct,
            invite,
            initial_state: encrypted ? [ENCRYPTION] : [],
        });
        await enteredRoom(room_id);
        return room_id;
    },

    async join({ room }) {
        await client.joinRoom(room);
        await enteredRoom(room);
    },

    async leave({ room }) {
        await client.leave(room);
    },

    async wait_for_member({ room, user_id, membership, within_ms }) {
        const joined = await enteredRoom(room);
        const isThere = () => joined.getMember(user_id)?.membership === membership;
        await until(isThere, within_ms, `${user_id} in the room`);
    },

    async encrypt({ room, within_ms }) {
        await client.sendStateEvent(room, "m.room.encryption", { algorithm: "m.megolm.v1.aes-sha2" }, "");
        await until(() => client.getRoom(room).hasEncryptionStateEvent(), within_ms, "encryption in the room");
    },

    async send({ room, content, type = "m.room.message" }) {
        // In a room that is not known yet the sdk would send in clear.
        await enteredRoom(room);
        return (await client.sendEvent(room, type, content)).event_id;
    },

    react: ({ room, event_id, key }) =>
        commands.send({
            room,
            type: "m.reaction",
            content: { "m.relates_to": { rel_type: "m.annotation", event_id, key } },
        }),

    edit: ({ room, event_id, text }) =>
        commands.send({
            room,
            content: {
                msgtype: "m.text",
                body: `* ${text}`,
                "m.new_content": { msgtype: "m.text", body: text },
                "m.relates_to": { rel_type: "m.replace", event_id },
            },
        }),

    async redact({ room, event_id }) {
        await enteredRoom(room);
        return (await client.redactEvent(room, event_id)).event_id;
    },

    async wait_for({ room, sender, contains = "", type = "m.room.message", after = null, within_ms }) {
        await enteredRoom(room);
        const candidates = () => following(room, after).filter((event) => event.getSender() === sender);
        const find = () => candidates().find((event) => isReadable(event, type) && textOf(event).includes(contains));
        try {
            return await describe(await until(find, within_ms, "the event"));
        } catch (error) {
            // Only now: until the time is up, the key of an event may still come.
            const unreadable = candidates().find((event) => event.isDecryptionFailure());
            if (unreadable) return describe(unreadable);
            const instead = candidates().map((event) => `${event.getType()} ${textOf(event)}`);
            throw new Error(`${error.message}; of ${sender} there is ${JSON.stringify(instead)}`);
        }
    },

    async messages({ room, sender = null }) {
        await enteredRoom(room);
        const events = following(room, null);
        await Promise.allSettled(events.map((event) => event.getDecryptionPromise()));
        const shown = events.filter((event) => isMessage(event) && [null, event.getSender()].includes(sender));
        return Promise.all(shown.map(describe));
    },

    async read({ room, event_id, within_ms }) {
        const joined = await enteredRoom(room);
        const find = () => {
            const event = joined.findEventById(event_id);
            return event && !event.isBeingDecrypted() && !event.isDecryptionFailure() && event;
        };
        return (await until(find, within_ms, `event ${event_id}`)).getOriginalContent();
    },

    async devices_of({ user_id }) {
        const crypto = client.getCrypto();
        const devices = (await crypto.getUserDeviceInfo([user_id], true)).get(user_id) ?? new Map();
        return Promise.all(
            [...devices.keys()].map(async (device_id) => {
                const status = await crypto.getDeviceVerificationStatus(user_id, device_id);
                return {
                    device_id,
                    signed_by_owner: status?.signedByOwner ?? false,
                    cross_signing_verified: status?.crossSigningVerified ?? false,
                };
            }),
        );
    },

    // As Element's "reset identity": secret storage and key backup of the old identity go, too.
    async reset_identity() {
        await client.getCrypto().resetEncryption(withPassword);
    },

    async set_up_recovery_key() {
        const crypto = client.getCrypto();
        const created = await crypto.createRecoveryKeyFromPassphrase();
        recoveryKey = created.privateKey;
        await crypto.bootstrapSecretStorage({ createSecretStorageKey: async () => created, setupNewSecretStorage: true });
        return created.encodedPrivateKey;
    },

    async sign_in_with_recovery_key({ key }) {
        const crypto = client.getCrypto();
        recoveryKey = decodeRecoveryKey(key);
        for (const name of IDENTITY_SECRETS) {
            // Without its secrets the sdk would make a new identity instead of using the existing one.
            if (!(await client.secretStorage.isStored(name))) throw new Error(`no ${name} in secret storage`);
        }
        // Asks the server each time: first for the identity, in the end for the signature.
        const hasIdentity = () => crypto.userHasCrossSigningKeys(client.getUserId(), true);
        if (!(await hasIdentity())) throw new Error("this account has no identity");
        await crypto.bootstrapCrossSigning({});
        await crypto.bootstrapSecretStorage({});
        await hasIdentity();
        const status = await crypto.getDeviceVerificationStatus(client.getUserId(), client.getDeviceId());
        return status?.crossSigningVerified ?? false;
    },

    async stop() {
        client?.stopClient();
    },
};

function passwordOf({ user, password }) {
    return { type: "m.login.password", identifier: { type: "m.id.user", user }, password };
}

// The server may want the password once more before it takes new keys.
async function withPassword(request) {
    try {
        return await request(null);
    } catch (error) {
        if (error.httpStatus !== 401) throw error;
        return request({ ...passwordOf(account), session: error.data.session });
    }
}

async function makeIdentity() {
    // Past the crypto, which would wait a second for its own first question about keys.
    const { master_keys } = await client.downloadKeysForUsers([client.getUserId()]);
    if (master_keys?.[client.getUserId()]) throw new Error("this account has an identity: a new one would replace it");
    await client.getCrypto().bootstrapCrossSigning({
        setupNewCrossSigning: true,
        authUploadDeviceSigningKeys: withPassword,
    });
}

// Where Element would ask its user to type the recovery key.
async function openSecretStorage({ keys }) {
    for (const [id, description] of Object.entries(keys)) {
        if (recoveryKey && (await client.secretStorage.checkKey(recoveryKey, description))) return [id, recoveryKey];
    }
    throw new Error("the recovery key is missing or wrong");
}

function watch() {
    const check = () => watchers.forEach((watcher) => watcher());
    const changes = [
        sdk.ClientEvent.Sync,
        sdk.RoomEvent.Timeline,
        sdk.RoomEvent.LocalEchoUpdated,
        sdk.RoomEvent.MyMembership,
        sdk.RoomMemberEvent.Membership,
        sdk.MatrixEventEvent.Decrypted,
        sdk.MatrixEventEvent.Replaced,
    ];
    for (const change of changes) client.on(change, check);
}

// Waits until `find` gives something true, and gives that.
function until(find, within_ms, what) {
    return new Promise((resolve, reject) => {
        const end = (settle, value) => {
            watchers.delete(check);
            clearTimeout(timer);
            settle(value);
        };
        const check = () => {
            const found = find();
            if (found) end(resolve, found);
        };
        const timer = setTimeout(() => end(reject, new Error(`${what} did not come in ${within_ms} ms`)), within_ms);
        watchers.add(check);
        check();
    });
}

// The room, once a sync has brought that we are in it; its encryption comes with the same sync.
function enteredRoom(id) {
    const find = () => {
        const room = client.getRoom(id);
        return room?.getMyMembership() === "join" && room.currentState.getStateEvents("m.room.create", "") && room;
    };
    return until(find, SYNCED_WITHIN_MS, `room ${id}`);
}

// The events of a room, oldest first, or those after one of them.
function following(room, after) {
    const events = client.getRoom(room).getLiveTimeline().getEvents();
    if (after === null) return events;
    const position = events.findIndex((event) => event.getId() === after);
    return position < 0 ? [] : events.slice(position + 1);
}

// Element shows an edit in place of what it replaces. What was deleted is not decrypted any more.
function isMessage(event) {
    const isDeleted = event.isRedacted() && event.getWireType() === "m.room.encrypted";
    return (event.getType() === "m.room.message" || isDeleted) && !event.isRelation("m.replace");
}

function isReadable(event, type) {
    const isEdit = event.isRelation("m.replace");
    return event.getType() === type && !isEdit && !event.isBeingDecrypted() && !event.isDecryptionFailure();
}

function textOf(event) {
    const content = event.getContent();
    return content.body ?? content["m.relates_to"]?.key ?? "";
}

async function describe(event) {
    return {
        event_id: event.getId(),
        sender: event.getSender(),
        type: event.getType(),
        wire_type: event.getWireType(),
        content: event.getOriginalContent(),
        relation: event.getWireContent()["m.relates_to"] ?? null,
        replaced_by: event.replacingEvent()?.getContent()["m.new_content"] ?? null,
        is_redacted: event.isRedacted(),
        decryption_failure: event.isDecryptionFailure() ? event.decryptionFailureReason : null,
        shield: await shieldOf(event),
    };
}

async function shieldOf(event) {
    if (!event.isEncrypted()) return null;
    const info = await client.getCrypto().getEncryptionInfoForEvent(event);
    if (info === null || info.shieldColour === EventShieldColour.NONE) return null;
    return {
        color: EventShieldColour[info.shieldColour].toLowerCase(),
        reason: EventShieldReason[info.shieldReason] ?? "",
    };
}

async function answer(line) {
    const { id, command, ...given } = JSON.parse(line);
    const reply = { id };
    try {
        reply.result = (await commands[command](given)) ?? null;
    } catch (error) {
        reply.error = String(error?.message ?? error);
    }
    process.stdout.write(`${JSON.stringify(reply)}\n`, () => command === "stop" && process.exit(0));
}

process.on("unhandledRejection", (error) => console.error(error));
// Whoever drives this client may end without a word.
createInterface({ input: process.stdin }).on("line", answer).on("close", () => process.exit(0));

//! skeleton.rs: what plugins/skeleton does, in Rust without a crate: proves that the ABI is plain C. Built by
//! tests/check/skeletons where rustc is there.
#![crate_type = "cdylib"]
#![allow(non_upper_case_globals)]

use std::os::raw::{c_char, c_void};
use std::ptr::null;

#[repr(C)]
struct Tarry {
    wait: i64, // µs
}

#[repr(C)]
pub struct PliSetting {
    kind: u32,
    name: *const c_char,
    offset: usize,
    value: *const c_char,
    min: i64,
    max: i64,
    choices: *const *const c_char,
    flags: u32,
    doc: *const c_char,
    rfc: *const c_char,
}

#[repr(C)]
pub struct PliFilter {
    size: usize,
    on_connect: *const c_void,
    on_hello: *const c_void,
    on_mail: *const c_void,
    on_rcpt: Option<extern "C" fn(*mut c_void, *mut c_void, *const c_void, *mut c_void) -> u32>,
}

#[repr(C)]
pub struct PliService {
    kind: u32,
    name: *const c_char,
    vtable: *const c_void,
}

#[repr(C)]
pub struct PliPluginInfo {
    magic: u32,
    abi_major: u16,
    abi_minor: u16,
    size: u32,
    setting_stride: u16,
    service_stride: u16,
    name: *const c_char,
    version: *const c_char,
    summary: *const c_char,
    licence: *const c_char,
    needs: *const *const c_char,
    rights: *const *const c_char,
    settings: *const PliSetting,
    settings_size: usize,
    facts: *const c_void,
    services: *const PliService,
    load: *const c_void,
    unload: *const c_void,
    stop: *const c_void,
    measure: *const c_void,
}

unsafe impl Sync for PliSetting {}
unsafe impl Sync for PliFilter {}
unsafe impl Sync for PliService {}
unsafe impl Sync for PliPluginInfo {}

extern "C" {
    fn pli_txn_settings(txn: *mut c_void, plugin: *const c_char) -> *const Tarry;
    fn pli_op_wait(op: *mut c_void) -> u64;
    fn pli_op_done_after(ticket: u64, delay_us: i64);
}

const DONE: u32 = 0;
const WAIT: u32 = 2;

extern "C" fn on_rcpt(op: *mut c_void, txn: *mut c_void, _args: *const c_void, _verdict: *mut c_void) -> u32 {
    // SAFETY: core calls this on its loop thread with a live op and transaction, and settings of the type below.
    unsafe {
        let wait = (*pli_txn_settings(txn, null())).wait;
        if wait == 0 {
            return DONE;
        }
        pli_op_done_after(pli_op_wait(op), wait);
    }
    WAIT
}

const fn text(bytes: &'static [u8]) -> *const c_char {
    bytes.as_ptr() as *const c_char
}

const END: PliSetting = PliSetting {
    kind: 0, name: null(), offset: 0, value: null(), min: 0, max: 0, choices: null(), flags: 0, doc: null(), rfc: null(),
};

static SETTINGS: [PliSetting; 2] = [
    PliSetting {
        kind: 4, // PLI_TYPE_DURATION
        name: text(b"wait\0"),
        offset: 0,
        value: text(b"4s\0"),
        min: 0,
        max: 60_000_000,
        choices: null(),
        flags: 1, // PLI_RELOAD
        doc: text(b"Delay before each recipient is answered.\0"),
        rfc: null(),
    },
    END,
];

static FILTER: PliFilter = PliFilter {
    size: std::mem::size_of::<PliFilter>(),
    on_connect: null(),
    on_hello: null(),
    on_mail: null(),
    on_rcpt: Some(on_rcpt),
};

static SERVICES: [PliService; 2] = [
    PliService { kind: 2 /* PLI_SERVICE_FILTER */, name: text(b"tarry\0"), vtable: &FILTER as *const PliFilter as *const c_void },
    PliService { kind: 0, name: null(), vtable: null() },
];

#[no_mangle]
pub static skeleton_rs_LTX_pli_plugin: PliPluginInfo = PliPluginInfo {
    magic: 0x31696c50,
    abi_major: 1,
    abi_minor: 0,
    size: std::mem::size_of::<PliPluginInfo>() as u32,
    setting_stride: std::mem::size_of::<PliSetting>() as u16,
    service_stride: std::mem::size_of::<PliService>() as u16,
    name: text(b"skeleton-rs\0"),
    version: text(b"1\0"),
    summary: text(b"Delays recipients; in Rust\0"),
    licence: text(b"MIT\0"),
    needs: null(),
    rights: null(),
    settings: SETTINGS.as_ptr(),
    settings_size: std::mem::size_of::<Tarry>(),
    facts: null(),
    services: SERVICES.as_ptr(),
    load: null(),
    unload: null(),
    stop: null(),
    measure: null(),
};
